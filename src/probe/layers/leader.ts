/** The node to blame for a layer: where the second model fused several nodes into one, the one that has the weight. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { specOf } from '../../ops/table.ts';

/**
 * The node itself when it has a weight; else the nearest one with a weight among those before it whose values were
 * compared with nothing (a Conv in front of a BatchNormalization and a Relu); else the node itself.
 */
export function leader(node: Node, compared: ReadonlySet<Value>): Node {
  const seen = new Set([node]);
  // The set grows while it is walked, nearest first.
  for (const each of seen) {
    if (hasWeight(each)) return each;
    for (const value of each.inputs) if (value?.producer && !compared.has(value)) seen.add(value.producer);
  }
  return node;
}

function hasWeight(node: Node): boolean {
  const role = specOf(node)?.quant;
  if (role?.kind !== 'compute' && role?.kind !== 'lookup') return false;
  return role.weights.some((index) => node.constant(index) !== null);
}
