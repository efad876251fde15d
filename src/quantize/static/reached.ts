/** Plans for what the data reaches: layers of branches that no sample takes have no ranges and stay float. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { knownRanges, resultsOf, type ValueRange } from './parameters.ts';
import type { PlannedNode, StaticPlan } from './plan.ts';

const REASON = 'no sample of the data reaches it, so that its ranges are unknown';

export interface ReachedPlan {
  readonly plan: StaticPlan;
  /** Of every value that the plan quantizes. */
  readonly ranges: ReadonlyMap<Value, ValueRange>;
  /** Layers that the data speaks against quantizing, with the reason. */
  readonly floats: ReadonlyMap<Node, string>;
  /** Nodes that no sample reached, with the reason. */
  readonly unreached: ReadonlyMap<Node, string>;
}

/** What the data shows of the values of a plan. */
export interface Measured {
  /** Of values that are not known beforehand; those nobody reached are missing. */
  readonly ranges: ReadonlyMap<Value, ValueRange>;
  /** Layers to leave in floats, with the reason. */
  readonly floats: ReadonlyMap<Node, string>;
}

/**
 * @param planWith the plan that leaves the given nodes alone, for the given reasons
 * @param measure runs the data, once
 */
export async function planReached(
  planWith: (keep: ReadonlyMap<Node, string>) => StaticPlan,
  measure: (plan: StaticPlan) => Promise<Measured>,
): Promise<ReachedPlan> {
  const first = planWith(new Map());
  const measured = await measure(first);
  const { floats } = measured;
  const unreached = new Map<Node, string>();
  let plan = floats.size > 0 ? planWith(floats) : first;
  for (;;) {
    const ranges = new Map([...measured.ranges, ...knownRanges(plan)]);
    const lost = [...plan.nodes.values()].filter((node) => !isReached(node, plan, ranges));
    if (lost.length === 0) return { plan, ranges, floats, unreached };
    for (const { node } of lost) unreached.set(node, REASON);
    plan = planWith(new Map([...floats, ...unreached]));
  }
}

function isReached(
  { node, role, quantizedResult }: PlannedNode,
  plan: StaticPlan,
  ranges: ReadonlyMap<Value, ValueRange>,
): boolean {
  const operands = role.operands.flatMap((index) => node.input(index) ?? []);
  const results = quantizedResult ? resultsOf(node, plan) : [];
  return [...operands, ...results].every((value) => ranges.has(value));
}
