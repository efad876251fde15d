/** Constants written as nodes, which are activations to onnxruntime's tools. */
import { floatsOf } from '../../../ir/floats.ts';
import type { Value } from '../../../ir/value.ts';
import { isConstantNode } from '../../../ops/nodes.ts';
import { tensorOf } from '../../../passes/constant-node.ts';

/** The numbers of a Constant node's float32 tensor; null for everything else. */
export function constantBehind({ producer }: Value): Float32Array | null {
  const tensor = producer && isConstantNode(producer) ? tensorOf(producer) : null;
  return tensor?.dtype === 'float32' ? floatsOf(tensor) : null;
}
