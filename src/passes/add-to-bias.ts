/** The bias of a product: where it is, and how to add to it. */
import { floatsOf } from '../ir/floats.ts';
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import { specOf } from '../ops/table.ts';

const SUM = 'Add';

/** An input that is added to the result, channel by channel; null stands for one that the node leaves out. */
export interface BiasPlace {
  readonly node: Node;
  readonly input: number;
  /** What the node multiplies it with. */
  readonly factor: number;
}

/**
 * Adds to the bias of a product; a constant that others read is copied.
 * @param delta [output channels]
 * @returns null, or why there is no bias to add to
 */
export function addToBias(node: Node, weight: number, data: number, delta: Float64Array): string | null {
  const place = ownBias(node, weight, data) ?? sumBehind(node);
  if (!place) return 'it has no bias';
  const { node: reader, input, factor } = place;
  const value = reader.input(input);
  const tensor = value?.tensor ?? null;
  if (value && tensor?.dtype !== 'float32') return 'its bias is computed';
  if (tensor && tensor.size !== delta.length) return 'its bias is not one number per channel';
  if (factor === 0 || !reader.graph) return 'its bias does not count';
  const old = tensor ? floatsOf(tensor) : new Float32Array(delta.length);
  const sum = Tensor.of(
    'float32',
    tensor?.dims ?? [delta.length],
    Float32Array.from(old, (each, c) => each + (delta[c] as number) / factor),
  );
  if (value && value.useCount === 1 && !value.isGraphOutput) value.tensor = sum;
  else {
    const base = value?.name ?? `${node.input(weight)?.name ?? 'weight'}_bias`;
    reader.setInput(input, (value?.graph ?? reader.graph).addInitializer(base, sum));
  }
  return null;
}

/** What the operator scales together with the weight: its bias, if it takes one. */
function ownBias(node: Node, weight: number, data: number): BiasPlace | null {
  const fact = specOf(node)?.homogeneous;
  const sets = typeof fact === 'function' ? fact(node) : fact;
  if (!sets || sets === 'all') return null;
  const set = sets.find((each) => each.includes(weight) && !each.includes(data));
  const input = set?.find((index) => index !== weight);
  return input === undefined ? null : { node, input, factor: node.float('beta', 1) };
}

/** A constant that the next node adds. */
export function sumBehind(node: Node): BiasPlace | null {
  const output = node.output();
  const [use] = output?.uses ?? [];
  if (!output || !use || output.useCount !== 1 || output.isGraphOutput || use.node.opType !== SUM)
    return null;
  const input = use.index === 0 ? 1 : 0;
  return use.node.constant(input) ? { node: use.node, input, factor: 1 } : null;
}
