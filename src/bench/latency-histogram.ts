/** The shape of a latency distribution, as few numbers as a chart needs. */
import { quantile } from '../numeric/statistics.ts';
import type { Histogram } from '../report/schema.ts';

const MOST_BINS = 40;

/**
 * Equal bins from the fastest run to the 99th percentile, about sqrt(n) of them; single slow runs beyond that would
 * squeeze everything else into one bin and are only counted.
 * @param ascending milliseconds
 */
export function latencyHistogram(ascending: Float64Array): Histogram {
  const low = ascending[0] as number;
  const high = quantile(ascending, 0.99);
  const bins = high > low ? Math.max(1, Math.min(MOST_BINS, Math.ceil(Math.sqrt(ascending.length)))) : 1;
  const counts = new Array<number>(bins).fill(0);
  let above = 0;
  for (const time of ascending) {
    if (time > high) above++;
    else {
      const bin = high > low ? Math.min(bins - 1, Math.floor(((time - low) / (high - low)) * bins)) : 0;
      counts[bin] = (counts[bin] as number) + 1;
    }
  }
  return { low, high, counts, above };
}
