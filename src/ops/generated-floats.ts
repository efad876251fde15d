/** Why generators of floats stay in float32. */
import type { Node } from '../ir/node.ts';

/** onnxruntime casts around nodes that read half tensors; those that read none need a kernel, and these have none. */
export function generatedFloats(node: Node): string | null {
  const readsFloats = node.inputs.some((value) => value?.dtype === 'float32');
  return readsFloats ? null : 'onnxruntime generates it in float32 only';
}
