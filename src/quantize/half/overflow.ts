/** Keeps nodes in float32 that make or read numbers too large for half precision. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { largestOrdinary } from './magnitude.ts';
import type { HalfPlan } from './plan.ts';
import { floatsIn, graphsOf, isFloat32 } from './values.ts';

/** Largest magnitude of a value by name, infinities aside; undefined where it was not observed. */
export type RangeOf = (name: string) => number | undefined;

/** The same ranges once constants beyond half precision's range are set to +-`largest`, as the conversion does. */
export interface ClampedRanges {
  readonly of: RangeOf;
  readonly largest: number;
}

/** From here on rounding to float16 gives an infinity. */
export const TOO_LARGE = 65520;
/** What was observed on some inputs may be exceeded on others: half of the range is left as a reserve. */
const RESERVE = 2;

/** Parameters have a few elements for each channel; what is larger is a matrix, whose elements are small. */
const PARAMETER_ELEMENTS = 1 << 16;

/** Marks constants with ordinary numbers beyond the range (variances, factors) and keeps the nodes that read one. */
export function keepLargeConstants(plan: HalfPlan): void {
  for (const value of graphsOf(plan.model).flatMap(floatsIn)) {
    if (!value.tensor || value.tensor.size > PARAMETER_ELEMENTS) continue;
    const magnitude = largestOrdinary(value.tensor);
    if (magnitude >= TOO_LARGE) keepAround(plan, value, magnitude);
  }
}

/**
 * Marks values as too large and keeps every node that touches one.
 * A value that is large only because of a huge constant (the -3.4e38 of an attention mask) is judged by what it
 * becomes when that constant is clamped, without reserve: the constant does not vary with the data. A node kept in
 * float32 works with the constants as they are, so its outputs are judged by what was really observed.
 */
export function keepOverflowing(plan: HalfPlan, exact: RangeOf, clamped: ClampedRanges | null): void {
  const isLarge = (value: Value): boolean => {
    const observed = exact(value.name) ?? 0;
    const after = clamped?.of(value.name) ?? observed;
    return after === observed ? observed > TOO_LARGE / RESERVE : after >= TOO_LARGE;
  };
  const waiting = graphsOf(plan.model)
    .flatMap(floatsIn)
    .filter((value) => !value.tensor && isLarge(value));
  for (let value = waiting.pop(); value; value = waiting.pop()) {
    if (plan.tooLarge.has(value)) continue;
    for (const node of keepAround(plan, value, exact(value.name) ?? 0))
      for (const output of node.outputs)
        if (isFloat32(output) && (exact(output.name) ?? 0) >= TOO_LARGE) waiting.push(output);
  }
}

/** Keeps the node that makes a value and those that read it; control flow decides place by place. */
function keepAround(plan: HalfPlan, value: Value, magnitude: number): Node[] {
  plan.tooLarge.add(value);
  const touching = [value.producer, ...value.uses.map((use) => use.node)];
  const nodes = touching.flatMap((node) => (node && !plan.slots.ties(node) ? [node] : []));
  for (const node of nodes)
    plan.keep(node, `'${value.name}' reaches ${magnitude.toPrecision(3)}, half precision ends at 65504`);
  return nodes;
}
