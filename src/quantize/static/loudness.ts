/** Layers whose rows of data differ so much in loudness that one scale for all starves the quiet ones. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { StaticPlan } from './plan.ts';

/**
 * Largest over median loudness. One scale for all rows takes log2 of it in bits from the median row: at 8 that row has
 * 5 of 8 bits left, 18 dB less than with a scale of its own.
 */
export const MOST_SPREAD = 8;

/** The data that constant weights are multiplied with. */
export function weighedData(plan: StaticPlan): ReadonlySet<Value> {
  const layers = [...plan.nodes.values()].filter(({ role }) => role.leads && role.weight !== null);
  const data = layers.flatMap(({ node, role }) => role.operands.flatMap((index) => node.input(index) ?? []));
  return new Set(data.filter((value) => !value.tensor));
}

/**
 * Layers to leave in floats, with the reason.
 * @param spreadOf largest over median loudness of a value's rows; undefined where it was not measured
 */
export function unevenLayers(
  plan: StaticPlan,
  spreadOf: (value: Value) => number | undefined,
): ReadonlyMap<Node, string> {
  const uneven = new Map<Node, string>();
  for (const { node, role } of plan.nodes.values()) {
    if (!role.leads || role.weight === null) continue;
    const spreads = role.operands.map((index) => {
      const value = node.input(index);
      return (value && spreadOf(value)) ?? 1;
    });
    const spread = Math.max(...spreads);
    if (spread > MOST_SPREAD) uneven.set(node, `rows of its data differ ${spread.toFixed(0)}x in loudness`);
  }
  return uneven;
}
