import { describe, expect, it } from 'vitest';
import { countEach, countInto, folded, type Histogram, total } from '../../src/numeric/histogram.ts';
import { normal } from '../../src/random.ts';

const bell = normal(21);
const VALUES = Float32Array.from({ length: 50_003 }, (_, i) => (i % 3 === 0 ? 0 : bell()));

/** Counted by the loop that says what is meant. */
function counted(values: Float32Array, low: number, high: number, bins: number): Histogram {
  const counts = new Float64Array(bins);
  countEach(values, Math.fround(low), high > low ? Math.fround(bins / (high - low)) : 0, counts);
  return { low, high, counts };
}

describe.for([1, 2, 100, 2048, 4096, 5000])('%i bins', (bins) => {
  it.for([
    ['normal', VALUES, -6, 6],
    ['one side', VALUES.map(Math.abs), 0, 6],
    ['clipped', VALUES, -0.5, 0.5],
    ['no width', VALUES, 1, 1],
    ['the whole of float32', Float32Array.of(-3.4e38, 3.4e38, 0, ...VALUES), -3.4e38, 3.4e38],
    ['NaN and infinities', Float32Array.of(Number.NaN, Infinity, -Infinity, ...VALUES), -6, 6],
    ['odd', VALUES.subarray(1, 33_336), -6, 6],
  ] as const)('the kernel counts as the loop does: %s', ([, values, low, high]) => {
    const histogram = { low, high, counts: new Float64Array(bins).fill(1) };
    countInto(histogram, values);
    expect(histogram.counts).toEqual(counted(values, low, high, bins).counts.map((count) => count + 1));
  });
});

it('counts where values lie', () => {
  const values = Float32Array.of(0, 0.24, 0.25, 0.5, 0.99, 1);
  expect([...counted(values, 0, 1, 4).counts]).toEqual([2, 1, 1, 2]);
});

it('folding keeps every count', () => {
  const histogram = counted(VALUES, -6, 5, 333);
  expect(total(folded(histogram))).toBe(VALUES.length);
  expect(folded(histogram).high).toBe(6);
});
