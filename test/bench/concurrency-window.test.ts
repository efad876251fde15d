import { describe, expect, it } from 'vitest';
import { judgeWindow, quantileAtMost, REQUESTS_FOR_P99 } from '../../src/bench/concurrency-window.ts';
import { uniform } from '../../src/random.ts';

/** Back to back from `from` to about `to`. */
function worker(from: number, to: number, length: () => number) {
  const [starts, ends]: [number[], number[]] = [[], []];
  for (let at = from; at < to; ) {
    starts.push(at);
    at += length();
    ends.push(at);
  }
  return { starts: Float64Array.from(starts), ends: Float64Array.from(ends) };
}

describe('the window of several workers', () => {
  it('has the throughput of the loop exactly, whatever its ends cut', () => {
    for (const settle of [0, 7, 150])
      for (const long of [3, 31, 170]) {
        const workers = [0, 1, 5].map((late) => worker(1000 + late, 2000, () => long));
        const { throughput, latencies } = judgeWindow(workers, settle, 0);
        expect(throughput.estimate).toBeCloseTo(3000 / long, 6);
        expect(new Set([...latencies].map((ms) => Math.round(ms)))).toEqual(new Set([long]));
      }
  });

  it('leaves out the time in which not all work', () => {
    const early = worker(0, 1000, () => 10);
    const late = worker(600, 3000, () => 10);
    const { seconds, latencies, throughput } = judgeWindow([early, late], 0, 0);
    expect(seconds).toBeCloseTo(0.4, 6);
    expect(latencies.length).toBeLessThanOrEqual(82);
    expect(throughput.estimate).toBeCloseTo(200, 6);
  });

  it('counts even where each worker has but one request', () => {
    const { latencies, throughput } = judgeWindow([worker(0, 1, () => 900), worker(3, 4, () => 800)], 100, 0);
    expect(latencies).toHaveLength(2);
    expect(throughput.estimate).toBeCloseTo(1000 / 900 + 1000 / 800, 6);
  });

  it('has an interval that holds its estimate', () => {
    const random = uniform(3);
    const workers = [0, 1].map(() => worker(0, 5000, () => 5 + 20 * random()));
    const { low, estimate, high } = judgeWindow(workers, 500, 0).throughput;
    expect(low).toBeLessThan(estimate);
    expect(high).toBeGreaterThan(estimate);
    expect(estimate).toBeGreaterThan(115);
    expect(estimate).toBeLessThan(152);
  });
});

describe('the upper end of a quantile', () => {
  it('lies above it in 19 of 20 samples', () => {
    const random = uniform(5);
    let above = 0;
    for (let i = 0; i < 1000; i++) {
      const ascending = Float64Array.from({ length: 500 }, () => random()).sort();
      if ((quantileAtMost(ascending, 0.99) as number) >= 0.99) above++;
    }
    expect(above).toBeGreaterThan(910);
    expect(above).toBeLessThan(995);
  });

  it('takes enough values', () => {
    const values = (count: number) => Float64Array.from({ length: count }, (_, i) => i);
    expect(quantileAtMost(values(REQUESTS_FOR_P99 - 1), 0.99)).toBeNull();
    expect(quantileAtMost(values(REQUESTS_FOR_P99), 0.99)).toBe(REQUESTS_FOR_P99 - 1);
  });
});
