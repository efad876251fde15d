/** Keeps nodes in float32 that make or read numbers too large for half precision, as far as ranges are known. */
import type { Value } from '../../ir/value.ts';
import type { HalfPlan } from './plan.ts';
import { floatsIn, graphsOf } from './values.ts';

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
    plan.tooLarge.add(value);
    const magnitude = (exact(value.name) ?? 0).toPrecision(3);
    const reason = `'${value.name}' reaches ${magnitude}, half precision ends at 65504`;
    const nodes = [value.producer, ...value.uses.map((use) => use.node)];
    for (const node of nodes) {
      if (!node || plan.slots.ties(node)) continue;
      plan.keep(node, reason);
      for (const output of node.outputs)
        if (output?.dtype === 'float32' && (exact(output.name) ?? 0) >= TOO_LARGE) waiting.push(output);
    }
  }
}
