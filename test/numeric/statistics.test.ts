import { describe, expect, it } from 'vitest';
import {
  bootstrapRatio,
  mean,
  median,
  medianAbsoluteDeviation,
  quantile,
  sorted,
} from '../../src/numeric/statistics.ts';
import { normal } from '../../src/random.ts';

/** Log-normal, like latencies. */
function latencies(length: number, seed: number, middle = 1): Float64Array {
  const next = normal(seed);
  return Float64Array.from({ length }, () => middle * Math.exp(next() * 0.2));
}

describe('location and spread', () => {
  it('agrees with numpy.percentile (linear)', () => {
    const values = [15, 20, 35, 40, 50];
    expect([0, 0.05, 0.3, 0.4, 0.5, 1].map((q) => quantile(values, q))).toEqual([15, 16, 23, 29, 35, 50]);
  });

  it('is found in any order', () => {
    expect(median([5, 1, 4])).toBe(4);
    expect(median([5, 1, 4, 2])).toBe(3);
    expect(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9])).toBe(1);
    expect(mean([1, 2, 6])).toBe(3);
  });

  it('of nothing is NaN, of one value is that value', () => {
    expect([mean([]), median([]), quantile([], 0.9)]).toEqual([NaN, NaN, NaN]);
    expect([mean([7]), median([7]), quantile([7], 0.9)]).toEqual([7, 7, 7]);
  });

  it('moves with its values', () => {
    const values = latencies(101, 1);
    const moved = values.map((v) => 3 * v + 2);
    expect(median(moved)).toBeCloseTo(3 * median(values) + 2, 12);
    expect(medianAbsoluteDeviation(moved)).toBeCloseTo(3 * medianAbsoluteDeviation(values), 12);
    expect(quantile(sorted(values), 0.5)).toBe(median(values));
  });
});

describe('bootstrap interval of a ratio of medians', () => {
  it('is the same for the same seed and differs for another', () => {
    const a = latencies(40, 1, 2);
    const b = latencies(50, 2);
    expect(bootstrapRatio(a, b, { seed: 5 })).toEqual(bootstrapRatio(a, b, { seed: 5 }));
    expect(bootstrapRatio(a, b, { seed: 5 })).not.toEqual(bootstrapRatio(a, b, { seed: 6 }));
  });

  it('covers the true ratio about as often as it says', () => {
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const options = { seed: trial, resamples: 400, confidence: 0.9 };
      const { low, high } = bootstrapRatio(
        latencies(31, 2 * trial, 2),
        latencies(31, 2 * trial + 1),
        options,
      );
      if (low <= 2 && 2 <= high) covered++;
    }
    expect(covered / 200).toBeGreaterThan(0.84);
    expect(covered / 200).toBeLessThan(0.98);
  });

  it('contains its estimate, and shrinks as samples grow', () => {
    const width = (size: number) => {
      const { estimate, low, high } = bootstrapRatio(latencies(size, 3), latencies(size, 4), { seed: 0 });
      expect(low).toBeLessThanOrEqual(estimate);
      expect(high).toBeGreaterThanOrEqual(estimate);
      return high - low;
    };
    expect(width(2000)).toBeLessThan(width(30) / 4);
  });

  it('of single values has no width', () => {
    expect(bootstrapRatio([6], [3], { seed: 0 })).toEqual({ estimate: 2, low: 2, high: 2 });
  });
});
