/** Compares long arrays quickly; vitest's own deep equality takes seconds on them. */

/** Where two arrays first differ (NaN equals NaN, -0 differs from 0), or null. */
export function firstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): string | null {
  if (actual.length !== expected.length) return `length ${actual.length}, expected ${expected.length}`;
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected[i])) return `[${i}] is ${actual[i]}, expected ${expected[i]}`;
  }
  return null;
}
