/** Histogram: counts in equal parts of an interval, as calibration looks at values. */
import { SIMD_TILE, type Simd, simd } from './simd.ts';

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

/** Adds values, which must lie between `low` and `high`: `high` counts in the last bin, NaN in the first. */
export function countInto({ low, high, counts }: Histogram, values: Float32Array): void {
  const scale = high > low ? Math.fround(counts.length / (high - low)) : 0;
  const kernel = values.length < 4 * counts.length || 4 * counts.length > SIMD_TILE ? null : simd();
  if (kernel === null) countEach(values, Math.fround(low), scale, counts);
  else countTiles(kernel, values, Math.fround(low), scale, counts);
}

function countTiles(
  kernel: Simd,
  values: Float32Array,
  low: number,
  scale: number,
  counts: Float64Array,
): void {
  const { input, rowsIntegers } = kernel;
  const bins = counts.length;
  rowsIntegers.fill(0, 0, 4 * bins);
  for (let at = 0; at < values.length; at += SIMD_TILE) {
    const next = Math.min(at + SIMD_TILE, values.length);
    input.set(values.subarray(at, next));
    kernel.countBins(next - at, low, scale, bins);
  }
  for (let table = 0; table < 4 * bins; table += bins)
    for (let bin = 0; bin < bins; bin++)
      counts[bin] = (counts[bin] as number) + (rowsIntegers[table + bin] as number);
}

/** `countInto` without SIMD; the kernel's reference. */
export function countEach(values: Float32Array, low: number, scale: number, counts: Float64Array): void {
  const last = counts.length - 1;
  for (let i = 0; i < values.length; i++) {
    const place = Math.fround(Math.fround((values[i] as number) - low) * scale);
    const bin = place >= last ? last : place > 0 ? place | 0 : 0;
    counts[bin] = (counts[bin] as number) + 1;
  }
}
