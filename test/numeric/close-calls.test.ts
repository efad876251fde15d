/** The share of answers that are expected to change is the share that does change, where there are enough of them. */
import { describe, expect, it } from 'vitest';
import { CloseCalls } from '../../src/numeric/close-calls.ts';
import { normal } from '../../src/random.ts';

const CLASSES = 5;

/** Scores, the same with noise, and how many answers differ. */
function noisy(rows: number, noise: number, seed: number, softmax = false) {
  const random = normal(seed);
  const expected = Float64Array.from({ length: rows * CLASSES }, () => 3 * random());
  const actual = expected.map((score) => score + noise * random());
  const best = (values: Float64Array, row: number): number => {
    const own = values.subarray(row * CLASSES, (row + 1) * CLASSES);
    return own.indexOf(Math.max(...own));
  };
  let changed = 0;
  for (let row = 0; row < rows; row++) if (best(expected, row) !== best(actual, row)) changed++;
  const shown = (values: Float64Array): Float64Array => (softmax ? probabilities(values) : values);
  return { expected: shown(expected), actual: shown(actual), changed: changed / rows };
}

function probabilities(scores: Float64Array): Float64Array {
  const result = scores.map(Math.exp);
  for (let row = 0; row < result.length; row += CLASSES) {
    const own = result.subarray(row, row + CLASSES);
    const sum = own.reduce((a, b) => a + b, 0);
    own.forEach((value, at) => {
      own[at] = value / sum;
    });
  }
  return result;
}

const expectedOf = ({ expected, actual }: ReturnType<typeof noisy>): number => {
  const calls = new CloseCalls();
  calls.add(expected, actual, CLASSES);
  return calls.expected ?? Number.NaN;
};

describe.each([false, true])('softmax: %s', (softmax) => {
  it.each([0.01, 0.05, 0.2, 0.5])('noise of %d', (noise) => {
    const many = noisy(200_000, noise, 7, softmax);
    const ratio = expectedOf(many) / many.changed;
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
    // A hundredth of the rows, where hardly an answer changes, tells nearly as much.
    const guesses = [1, 2, 3, 4, 5].map((seed) => expectedOf(noisy(400, noise, seed, softmax)));
    for (const guess of guesses) {
      expect(guess).toBeGreaterThan(many.changed / 2);
      expect(guess).toBeLessThan(many.changed * 2);
    }
  });
});

describe('the ends', () => {
  it('equal scores change nothing, no rows tell nothing, and what is no number is left out', () => {
    const { expected } = noisy(100, 0, 1);
    const calls = new CloseCalls();
    expect(calls.expected).toBeNull();
    calls.add(expected, expected, CLASSES);
    expect(calls.expected).toBe(0);
    calls.add(Float64Array.of(Number.NaN, 1, 2, 3, 4), Float64Array.of(1, 2, 3, 4, 5), CLASSES);
    calls.add(Float64Array.of(1, 2, 3, 4, Infinity), Float64Array.of(1, 2, 3, 4, 5), CLASSES);
    expect(calls.expected).toBe(0);
  });

  it('is the same however rows are cut into batches', () => {
    const all = noisy(300, 0.1, 2);
    const calls = new CloseCalls();
    for (const [from, to] of [
      [0, 7],
      [7, 200],
      [200, 300],
    ])
      calls.add(
        all.expected.subarray((from as number) * CLASSES, (to as number) * CLASSES),
        all.actual.subarray((from as number) * CLASSES, (to as number) * CLASSES),
        CLASSES,
      );
    expect(calls.expected).toBeCloseTo(expectedOf(all), 12);
  });
});
