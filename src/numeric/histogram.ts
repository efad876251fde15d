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

/** Values below which separate tables are not worth their clearing. */
const LONG = 1 << 14;

/**
 * Adds values: those outside count in the outermost bins, `high` in the last one, NaN in the first.
 */
export function countInto({ low, high, counts }: Histogram, values: Float32Array): void {
  const bins = counts.length;
  const scale = high > low ? bins / (high - low) : 0;
  if (values.length < LONG) {
    countPart(values, 0, values.length, low, scale, counts);
    return;
  }
  // Four tables: equal neighbours, as zeros of Relu are, would wait for each other's sum.
  const tables = new Uint32Array(4 * bins);
  const whole = values.length - (values.length % 4);
  const last = bins - 1;
  const [second, third, fourth] = [bins, 2 * bins, 3 * bins];
  for (let i = 0; i < whole; i += 4) {
    const a = binOf(((values[i] as number) - low) * scale, last);
    const b = second + binOf(((values[i + 1] as number) - low) * scale, last);
    const c = third + binOf(((values[i + 2] as number) - low) * scale, last);
    const d = fourth + binOf(((values[i + 3] as number) - low) * scale, last);
    tables[a] = (tables[a] as number) + 1;
    tables[b] = (tables[b] as number) + 1;
    tables[c] = (tables[c] as number) + 1;
    tables[d] = (tables[d] as number) + 1;
  }
  countPart(values, whole, values.length, low, scale, counts);
  for (let i = 0; i < tables.length; i++) {
    const bin = i % bins;
    counts[bin] = (counts[bin] as number) + (tables[i] as number);
  }
}

function countPart(
  values: Float32Array,
  start: number,
  end: number,
  low: number,
  scale: number,
  counts: Float64Array,
): void {
  const last = counts.length - 1;
  for (let i = start; i < end; i++) {
    const bin = binOf(((values[i] as number) - low) * scale, last);
    counts[bin] = (counts[bin] as number) + 1;
  }
}

function binOf(place: number, last: number): number {
  return place < last ? (place > 0 ? place | 0 : 0) : place >= last ? last : 0;
}
