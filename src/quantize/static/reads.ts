/** Who reads the integers of a value once a plan is written: everybody behind an integer kernel, else kernels alone. */
import type { Use, Value } from '../../ir/value.ts';
import { resultsOf } from './parameters.ts';
import type { StaticPlan } from './plan.ts';

export function readsIntegers(plan: StaticPlan): (value: Value, use: Use) => boolean {
  const made = new Set<Value>();
  for (const { node, quantizedResult } of plan.nodes.values())
    if (quantizedResult) for (const value of resultsOf(node, plan)) made.add(value);
  return (value, { node, index }) =>
    made.has(value) || plan.nodes.get(node)?.role.operands.includes(index) === true;
}
