/** The interval with the smallest mean squared error of quantization, clipping included. */
import { type AffineSpec, scaleZeroPoint } from './affine.ts';
import type { Histogram, Interval } from './histogram.ts';
import { codeRange } from './integer.ts';
import { roundHalfEven } from './rounding.ts';

/** Shares of an end that are tried, from all of it down. */
const STEPS = 64;
const LEAST = 0.1;

/**
 * Tries shares of both ends in turns until nothing improves, by the expected error over the histogram's bins. Ties go
 * to the wider interval.
 */
export function mseRange(histogram: Histogram, spec: AffineSpec): Interval {
  const ends = { min: Math.min(histogram.low, 0), max: Math.max(histogram.high, 0) };
  if (spec.symmetric) {
    const reach = Math.max(-ends.min, ends.max);
    const share = search((s) => squaredError(histogram, { min: -s * reach, max: s * reach }, spec));
    return { min: Math.max(ends.min, -share * reach), max: Math.min(ends.max, share * reach) };
  }
  let [low, high] = [1, 1];
  let error = Infinity;
  for (let round = 0; round < 4; round++) {
    if (ends.max > 0)
      high = search((s) => squaredError(histogram, { min: low * ends.min, max: s * ends.max }, spec));
    if (ends.min < 0)
      low = search((s) => squaredError(histogram, { min: s * ends.min, max: high * ends.max }, spec));
    const now = squaredError(histogram, { min: low * ends.min, max: high * ends.max }, spec);
    if (now >= error) break;
    error = now;
  }
  return { min: low * ends.min, max: high * ends.max };
}

/** The share with the smallest error. */
function search(errorOf: (share: number) => number): number {
  let best = { share: 1, error: errorOf(1) };
  for (let step = 1; step <= STEPS; step++) {
    const share = 1 - ((1 - LEAST) * step) / STEPS;
    const error = errorOf(share);
    if (error < best.error) best = { share, error };
  }
  return best.share;
}

/** Sum over the bins of count * (x - quantized x)^2, x being the middle of the bin. */
export function squaredError({ low, high, counts }: Histogram, interval: Interval, spec: AffineSpec): number {
  const { scale, zeroPoint } = scaleZeroPoint(Math.fround(interval.min), Math.fround(interval.max), spec);
  const { qmin, qmax } = codeRange(spec.type);
  const width = (high - low) / counts.length;
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    if (count === 0) continue;
    const x = low + (i + 0.5) * width;
    const code = Math.min(Math.max(roundHalfEven(x / scale) + zeroPoint, qmin), qmax);
    const error = x - (code - zeroPoint) * scale;
    sum += count * error * error;
  }
  return sum;
}
