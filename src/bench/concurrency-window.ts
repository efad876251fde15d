/** What requests of several workers tell: only the time counts in which all of them worked. */
import { bootstrapMean, type Interval, sorted } from '../numeric/statistics.ts';
import type { Requests } from './concurrency-job.ts';

export interface Window {
  /** Milliseconds of the requests that count, ascending. */
  readonly latencies: Float64Array;
  /** Requests per second, with a 98 % interval. */
  readonly throughput: Interval;
  /** How long all worked. */
  readonly seconds: number;
}

/** Throughputs of so many stretches make the interval (batch means; Law, Simulation Modeling and Analysis, 9.5.3). */
const BLOCKS = 10;

/**
 * From the latest first request to the earliest last one, without the first `settleMs`. Requests belong to the window if
 * their middle does; for the throughput those at its ends count by their share, since in a closed loop a whole request
 * at an end would be worth more or less than the time it fills.
 */
export function judgeWindow(workers: readonly Requests[], settleMs: number, seed: number): Window {
  const first = Math.max(...workers.map(({ starts }) => starts[0] as number));
  const end = Math.min(...workers.map(({ ends }) => ends.at(-1) as number));
  const begin = end - first > 2 * settleMs ? first + settleMs : first;
  const latencies: number[] = [];
  const blocks = new Float64Array(BLOCKS);
  const block = (end - begin) / BLOCKS;
  for (const { starts, ends } of workers)
    for (const [index, start] of starts.entries()) {
      const stop = ends[index] as number;
      const middle = (start + stop) / 2;
      if (middle >= begin && middle <= end) latencies.push(stop - start);
      spread(blocks, (start - begin) / block, (stop - begin) / block);
    }
  const perSecond = blocks.map((count) => (count * 1000) / block);
  const found = bootstrapMean(perSecond, { seed, confidence: 0.98 });
  const estimate = perSecond.reduce((sum, value) => sum + value, 0) / BLOCKS;
  return {
    latencies: sorted(latencies),
    throughput: { estimate, low: Math.min(found.low, estimate), high: Math.max(found.high, estimate) },
    seconds: (end - begin) / 1000,
  };
}

/** Adds one request from `from` to `to`, in blocks, to the blocks it lies in, by its share in each. */
function spread(blocks: Float64Array, from: number, to: number): void {
  const length = Math.max(to - from, Number.MIN_VALUE);
  for (let at = Math.max(0, Math.floor(from)); at < Math.min(blocks.length, Math.ceil(to)); at++) {
    const share = (Math.min(to, at + 1) - Math.max(from, at)) / length;
    blocks[at] = (blocks[at] as number) + share;
  }
}

/** From so many values on the 99th percentile has an upper end at 95 %: 1 - 0.99^n. */
export const REQUESTS_FOR_P99 = 299;

/**
 * The upper end of a one-sided 95 % interval of the `q`-quantile, by order statistics: the value of the rank that a
 * binomial count of values below the quantile reaches once in twenty (normal approximation). Null where there are too few
 * values for one (for p99 fewer than about 300).
 */
export function quantileAtMost(ascending: Float64Array, q: number): number | null {
  const size = ascending.length;
  if (1 - q ** size < 0.95) return null;
  const rank = Math.ceil(size * q + 1.645 * Math.sqrt(size * q * (1 - q)));
  return ascending[Math.min(rank, size) - 1] as number;
}
