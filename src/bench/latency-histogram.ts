/** The shape of a latency distribution, as few numbers as a chart needs. */
import { quantile } from '../numeric/statistics.ts';
import type { Histogram } from '../report/schema.ts';

const MOST_BINS = 40;

/** Runs further above the quartiles than this many times their distance are a disturbance (Tukey's far out is 3). */
const FAR = 3;

/**
 * Equal bins from the fastest run to the 99th percentile or to the end of the bulk, whichever is lower; about sqrt(n)
 * of them. What is slower would squeeze everything else into one bin and is only counted.
 * @param ascending milliseconds
 */
export function latencyHistogram(ascending: Float64Array): Histogram {
  const low = ascending[0] as number;
  const [lower, upper] = [quantile(ascending, 0.25), quantile(ascending, 0.75)];
  const high = Math.min(quantile(ascending, 0.99), upper + FAR * (upper - lower));
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
