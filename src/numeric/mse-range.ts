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
  const errorOf = squaredErrors(histogram, spec);
  if (spec.symmetric) {
    const reach = Math.max(-ends.min, ends.max);
    const share = search((s) => errorOf({ min: -s * reach, max: s * reach }));
    return { min: Math.max(ends.min, -share * reach), max: Math.min(ends.max, share * reach) };
  }
  let [low, high] = [1, 1];
  let error = Infinity;
  for (let round = 0; round < 4; round++) {
    if (ends.max > 0) high = search((s) => errorOf({ min: low * ends.min, max: s * ends.max }));
    if (ends.min < 0) low = search((s) => errorOf({ min: s * ends.min, max: high * ends.max }));
    const now = errorOf({ min: low * ends.min, max: high * ends.max });
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

/** `squaredError` of many intervals of one histogram. */
function squaredErrors(histogram: Histogram, spec: AffineSpec): (interval: Interval) => number {
  const { qmin, qmax } = codeRange(spec.type);
  if (qmax - qmin >= histogram.counts.length) return (interval) => squaredError(histogram, interval, spec);
  const moments = momentsOf(histogram);
  return (interval) => {
    const { scale, zeroPoint } = scaleZeroPoint(Math.fround(interval.min), Math.fround(interval.max), spec);
    return errorOfCodes(histogram, moments, scale, qmin - zeroPoint, qmax - zeroPoint);
  };
}

/** Sums over the first bins of count * x^k, so that those of any stretch are differences. [bins + 1] each. */
interface Moments {
  readonly zeroth: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function momentsOf({ low, high, counts }: Histogram): Moments {
  const bins = counts.length;
  const width = (high - low) / bins;
  const zeroth = new Float64Array(bins + 1);
  const first = new Float64Array(bins + 1);
  const second = new Float64Array(bins + 1);
  for (let i = 0; i < bins; i++) {
    const count = counts[i] as number;
    const x = low + (i + 0.5) * width;
    zeroth[i + 1] = (zeroth[i] as number) + count;
    first[i + 1] = (first[i] as number) + count * x;
    second[i + 1] = (second[i] as number) + count * x * x;
  }
  return { zeroth, first, second };
}

/**
 * `squaredError` by one step for each code instead of each bin: all bins that round to the value c add
 * sum count * (x^2 - 2 c x + c^2). Steps are `from` to `to` times the scale; what lies beyond belongs to the outermost.
 */
function errorOfCodes(
  { low, high, counts }: Histogram,
  { zeroth, first, second }: Moments,
  scale: number,
  from: number,
  to: number,
): number {
  const bins = counts.length;
  const width = (high - low) / bins;
  let sum = 0;
  let begin = 0;
  for (let step = from; step <= to && begin < bins; step++) {
    // Bins whose middle lies below the middle between this code and the next one.
    const below = step === to ? bins : Math.ceil(((step + 0.5) * scale - low) / width - 0.5);
    const end = Math.min(Math.max(below, begin), bins);
    if (end === begin) continue;
    const value = step * scale;
    sum += (second[end] as number) - (second[begin] as number);
    sum -= 2 * value * ((first[end] as number) - (first[begin] as number));
    sum += value * value * ((zeroth[end] as number) - (zeroth[begin] as number));
    begin = end;
  }
  return sum;
}
