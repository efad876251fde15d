/** Adapter: what must be done to a node when its operator's definition changed between two opset versions. */
import { bytesOf } from '../../ir/bytes.ts';
import type { DType } from '../../ir/dtype.ts';
import { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { encodeBfloat16 } from '../../numeric/bfloat16.ts';
import { floatToHalf } from '../../numeric/half.ts';
import type { ValueTypes } from '../types.ts';

/** True when the node was changed, false when it means the same as before, a reason when it cannot be said any more. */
export type Adapted = boolean | string;

export type Adapter = (node: Node, tools: AdapterTools) => Adapted;

export interface AdapterTools {
  readonly types: ValueTypes;
  /** A constant for the node, named after its output: an initializer, or a Constant node in a function body. */
  constant(node: Node, suffix: string, tensor: Tensor): Value;
  /** Resize nodes that are known to enlarge only, because they were Upsample. */
  readonly enlarging: WeakSet<Node>;
}

/** The node in other words: a new node in its place that makes the same values. */
export function replaceNode(
  node: Node,
  change: {
    readonly op?: string;
    readonly inputs?: readonly (Value | null)[];
    readonly outputs?: readonly (Value | null)[];
  },
): Node {
  const { graph, domain, name, attributes, rest } = node;
  if (!graph) throw new Error(`replaceNode: ${node.label} is in no graph`);
  const made = graph.insertBefore(
    node,
    new Node({
      op: change.op ?? node.op,
      domain,
      name,
      inputs: change.inputs ?? node.inputs,
      outputs: change.outputs ?? node.outputs,
      attributes,
      rest: rest ?? undefined,
    }),
  );
  graph.remove(node);
  return made;
}

/** A scalar of a float type; null for other types. */
export function floatScalar(dtype: DType | null, value: number): Tensor | null {
  switch (dtype) {
    case 'float32':
      return Tensor.scalar(value);
    case 'float64':
      return Tensor.of(dtype, [], Float64Array.of(value));
    case 'float16':
      return Tensor.of(dtype, [], Uint16Array.of(floatToHalf(value)));
    case 'bfloat16': {
      const code = new Uint16Array(1);
      encodeBfloat16(Float32Array.of(value), code);
      return Tensor.of(dtype, [], bytesOf(code));
    }
    default:
      return null;
  }
}

/** Takes an attribute away and returns what it was. */
export function takeInts(node: Node, name: string): readonly number[] | null {
  const value = node.ints(name);
  node.attributes.delete(name);
  return value;
}
