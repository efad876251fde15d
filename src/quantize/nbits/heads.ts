/** Small matrices right before an output: their errors reach the answer whole, and eight bits for them cost nothing. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { BlockBits } from '../../numeric/block.ts';
import { specOf } from '../../ops/table.ts';

/** Bytes that more bits for heads may add, as a share of all the weights as they will be stored. */
const SHARE = 0.01;

/**
 * Matrices of products behind which nothing is mixed in any more, smallest first, as long as eight bits for them add
 * little to the file. An error there is an error of the answer; further in, the sums, norms and activations that
 * follow average errors out. Large ones, such as those over a vocabulary, stay as they were asked for.
 * @param weightOf the constant of a node that will be rewritten, null for others
 */
export function smallHeads(
  model: Model,
  weightOf: (node: Node) => Value | null,
  bits: BlockBits,
): ReadonlySet<Value> {
  const heads = new Set<Value>();
  for (const output of model.graph.outputs) {
    const node = lastProduct(output, weightOf);
    const weight = node && weightOf(node);
    if (weight) heads.add(weight);
  }
  let left = SHARE * storedBytes(model, weightOf, bits);
  const affordable = new Set<Value>();
  for (const head of [...heads].sort((a, b) => sizeOf(a) - sizeOf(b))) {
    left -= (sizeOf(head) * (8 - bits)) / 8;
    if (left < 0) break;
    affordable.add(head);
  }
  return affordable;
}

/** Up from an output along values that are only reshaped, shifted by constants or squashed on the way. */
function lastProduct(output: Value, weightOf: (node: Node) => Value | null): Node | null {
  let node = output.producer;
  while (node) {
    if (weightOf(node)) return specOf(node)?.quant?.kind === 'compute' ? node : null;
    const computed: Value[] = node.inputs.flatMap((value) => (value?.producer ? [value] : []));
    node = computed.length === 1 ? (computed[0]?.producer ?? null) : null;
  }
  return null;
}

function storedBytes(model: Model, weightOf: (node: Node) => Value | null, bits: BlockBits): number {
  const low = new Set<Value>();
  for (const node of model.graph) {
    const weight = weightOf(node);
    if (weight) low.add(weight);
  }
  return [...model.graph.initializers].reduce(
    (sum, value) => sum + (low.has(value) ? (sizeOf(value) * bits) / 8 : (value.tensor?.byteLength ?? 0)),
    0,
  );
}

function sizeOf(value: Value): number {
  return value.tensor?.size ?? 0;
}
