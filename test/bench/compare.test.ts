import { describe, expect, it } from 'vitest';
import { speedup } from '../../src/bench/compare.ts';
import { latencyRecord } from '../../src/bench/timing.ts';
import { normal } from '../../src/random.ts';
import { modelNames } from '../../src/report/model-names.ts';

/** Times around `base` with 5 % noise, on a machine that becomes three times slower halfway. */
function times(base: number, seed: number, rounds = 100): Float64Array {
  const next = normal(seed);
  return Float64Array.from(
    { length: rounds },
    (_, i) => base * (i < rounds / 2 ? 1 : 3) * Math.exp(0.05 * next()),
  );
}

describe('speed-up', () => {
  it('sees through a machine that slows down', () => {
    const { estimate, low, high, verdict } = speedup(times(10, 1), times(9, 2), 0);
    expect(verdict).toBe('faster');
    expect(low).toBeLessThanOrEqual(estimate);
    expect(high).toBeGreaterThanOrEqual(estimate);
    expect(Math.abs(estimate - 10 / 9)).toBeLessThan(0.03);
    expect(speedup(times(9, 3), times(10, 4), 0).verdict).toBe('slower');
  });

  it('finds no difference between equals in about 95 of 100 trials', () => {
    let wrong = 0;
    for (let trial = 0; trial < 200; trial++) {
      if (speedup(times(10, 2 * trial), times(10, 2 * trial + 1), trial).verdict !== 'no difference') wrong++;
    }
    // Binomial with p = 0.05: 10 expected, 22 is four standard deviations above.
    expect(wrong).toBeLessThan(22);
  });
});

describe('latency records', () => {
  it('hold percentiles between the extremes, and rows per second', () => {
    const { latencyMs, throughput } = latencyRecord(Float64Array.of(4, 1, 3, 2, 5), 8);
    expect(latencyMs).toMatchObject({ min: 1, p50: 3, mean: 3, max: 5, samples: 5 });
    expect(latencyMs.p90).toBeCloseTo(4.6, 12);
    expect(latencyMs.p99).toBeGreaterThan(latencyMs.p95);
    expect(throughput).toBeCloseTo(8000 / 3, 9);
  });
});

describe('model names', () => {
  it.each([
    [
      ['a.onnx', 'b.onnx'],
      ['a.onnx', 'b.onnx'],
    ],
    [
      ['x/m.onnx', 'y/m.onnx', 'z.onnx'],
      ['x/m.onnx', 'y/m.onnx', 'z.onnx'],
    ],
    [
      ['p/x/m.onnx', 'q/x/m.onnx'],
      ['p/x/m.onnx', 'q/x/m.onnx'],
    ],
    [
      ['m.onnx', 'm.onnx'],
      ['m.onnx', 'm.onnx (2)'],
    ],
    [
      ['/m.onnx', '/x/m.onnx'],
      ['m.onnx', 'x/m.onnx'],
    ],
  ])('of %j', (paths, names) => {
    const found = modelNames(paths);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(names);
  });
});
