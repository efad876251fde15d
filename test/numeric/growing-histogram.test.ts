import { describe, expect, it } from 'vitest';
import { GrowingHistogram } from '../../src/numeric/growing-histogram.ts';
import { total } from '../../src/numeric/histogram.ts';
import { normal, uniform } from '../../src/random.ts';

const bell = normal(11);
const share = uniform(12);
const VALUES = Float32Array.from({ length: 40_000 }, (_, i) => bell() * (1 + i / 4000));
const RELU = VALUES.map((x) => Math.max(0, x));

/** Parts of many sizes, some longer than what is counted in four tables. */
function parts(values: Float32Array): Float32Array[] {
  const found: Float32Array[] = [];
  for (let at = 0; at < values.length; ) {
    const end = Math.min(values.length, at + Math.floor(1 + share() * 24_000));
    found.push(values.subarray(at, end));
    at = end;
  }
  return found;
}

function grown(batches: readonly Float32Array[], bins: number): GrowingHistogram {
  const histogram = new GrowingHistogram(bins);
  for (const batch of batches) histogram.add(batch);
  return histogram;
}

/** The share of values up to a place, from bins. */
function below(
  { low, high, counts }: ReturnType<GrowingHistogram['histogram']>,
  bin: number,
): [number, number] {
  let sum = 0;
  for (let i = 0; i < bin; i++) sum += counts[i] as number;
  return [low + ((high - low) * bin) / counts.length, sum];
}

describe.for([
  ['both signs', VALUES],
  ['after Relu', RELU],
  ['negative', VALUES.map((x) => -Math.abs(x) - 3)],
] as const)('%s', ([, values]) => {
  it('knows extremes and counts everything, whatever the batches', () => {
    for (let round = 0; round < 5; round++) {
      const histogram = grown(parts(values), 512).histogram();
      expect(histogram.low).toBe(Math.min(...values));
      expect(histogram.high).toBe(Math.max(...values));
      expect(total(histogram)).toBeCloseTo(values.length, 3);
    }
  });

  it('places values to the width of a bin', () => {
    const histogram = grown(parts(values), 512).histogram();
    const width = (histogram.high - histogram.low) / 512;
    for (const bin of [1, 50, 256, 300, 500]) {
      const [place, sum] = below(histogram, bin);
      expect(sum).toBeGreaterThanOrEqual(values.filter((x) => x < place - width).length - 1e-6);
      expect(sum).toBeLessThanOrEqual(values.filter((x) => x < place + width).length + 1e-6);
    }
  });

  it('is exact where the extremes were expected', () => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const histogram = new GrowingHistogram(512);
    histogram.expect(low, high);
    for (const batch of parts(values)) histogram.add(batch);
    const fine = { low, high, counts: new Float64Array(1024) };
    for (const value of values) {
      const bin = Math.min(1023, Math.floor(((value - low) / (high - low)) * 1024));
      fine.counts[bin] = (fine.counts[bin] as number) + 1;
    }
    const expected = new Float64Array(512).map(
      (_, i) => (fine.counts[2 * i] as number) + (fine.counts[2 * i + 1] as number),
    );
    const { counts } = histogram.histogram();
    // The two ways to the bin's number may round apart at edges.
    const moved = counts.reduce((sum, count, i) => sum + Math.abs(count - (expected[i] as number)), 0);
    expect(moved).toBeLessThanOrEqual(values.length * 1e-3);
  });
});

it('a constant before and after other values', () => {
  const same = new Float32Array(100).fill(2);
  const alone = grown([same], 8).histogram();
  expect([alone.low, alone.high, total(alone)]).toEqual([2, 2, 100]);
  const histogram = grown([same, Float32Array.of(0, 4), same], 8).histogram();
  expect([histogram.low, histogram.high]).toEqual([0, 4]);
  expect(histogram.counts[4]).toBe(200);
  expect(total(histogram)).toBe(202);
});

it('grows over forty orders of magnitude', () => {
  const histogram = grown([Float32Array.of(1e-38, 2e-38), Float32Array.of(-1e38, 3)], 16).histogram();
  expect(histogram.low).toBe(Math.fround(-1e38));
  expect(histogram.high).toBe(3);
  expect(total(histogram)).toBeCloseTo(4, 9);
});

it('says that there were NaN and infinities', () => {
  expect(grown([Float32Array.of(1, Number.NaN, 2)], 4).nan).toBe(1);
  expect(grown([Float32Array.of(1, 2), Float32Array.of(Infinity)], 4).max).toBe(Infinity);
  expect(grown([new Float32Array(0)], 4).min).toBe(Infinity);
});
