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
}

/**
 * @param planWith the plan that leaves the given nodes alone, for the given reasons
 * @param measure ranges of the values of a plan that are not known beforehand; those nobody reached are left out
 */
export async function planReached(
  planWith: (keep: ReadonlyMap<Node, string>) => StaticPlan,
  measure: (plan: StaticPlan) => Promise<ReadonlyMap<Value, ValueRange>>,
): Promise<ReachedPlan> {
  const keep = new Map<Node, string>();
  let plan = planWith(keep);
  const measured = await measure(plan);
  for (;;) {
    const ranges = new Map([...measured, ...knownRanges(plan)]);
    const lost = [...plan.nodes.values()].filter((node) => !isReached(node, plan, ranges));
    if (lost.length === 0) return { plan, ranges };
    for (const { node } of lost) keep.set(node, REASON);
    plan = planWith(keep);
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
