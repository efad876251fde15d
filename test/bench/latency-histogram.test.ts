import { describe, expect, it } from 'vitest';
import { latencyHistogram } from '../../src/bench/latency-histogram.ts';
import { sorted } from '../../src/numeric/statistics.ts';
import { uniform } from '../../src/random.ts';

describe('latency histogram', () => {
  it.each([1, 2, 10, 99, 1000, 2000])('counts each of %i runs once, in the bin it belongs to', (runs) => {
    const random = uniform(runs);
    const times = sorted(Float64Array.from({ length: runs }, () => 1 / (0.05 + random())));
    const { low, high, counts, above } = latencyHistogram(times);
    expect(counts.reduce((sum, count) => sum + count, 0) + above).toBe(runs);
    expect(above).toBeLessThanOrEqual(Math.ceil(runs / 4));
    const width = (high - low) / counts.length;
    const first = times.filter((time) => time < low + width * (1 - 1e-9)).length;
    if (counts.length > 1) expect(counts[0]).toBe(first);
  });

  it('is not squeezed by a few very slow runs', () => {
    const times = sorted(Float64Array.from({ length: 100 }, (_, run) => (run < 5 ? 1000 : 1 + run / 100)));
    const { high, above } = latencyHistogram(times);
    expect(high).toBeLessThan(5);
    expect(above).toBe(5);
  });

  it('has one bin for equal times', () => {
    expect(latencyHistogram(Float64Array.of(3, 3, 3))).toEqual({ low: 3, high: 3, counts: [3], above: 0 });
  });
});
