/** Histogram: counts in equal parts of an interval, as calibration looks at values. */

export interface Histogram {
  readonly low: number;
  readonly high: number;
  /** [bins] */
  readonly counts: Float64Array;
}

/** An interval inside the histogram's. */
export interface Interval {
  readonly min: number;
  readonly max: number;
}

/** The counts of magnitudes: bins of [0, max(|low|, |high|)], each signed bin counted where its middle falls. */
export function folded({ low, high, counts }: Histogram, bins = counts.length): Histogram {
  const reach = Math.max(Math.abs(low), Math.abs(high));
  const result = new Float64Array(bins);
  const width = (high - low) / counts.length;
  for (let i = 0; i < counts.length; i++) {
    const magnitude = Math.abs(low + (i + 0.5) * width);
    const bin = Math.min(bins - 1, Math.floor((magnitude / reach) * bins));
    result[bin] = (result[bin] as number) + (counts[i] as number);
  }
  return { low: 0, high: reach, counts: result };
}

/** How many values were counted. */
export function total({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
