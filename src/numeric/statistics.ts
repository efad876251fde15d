/** Location, spread and uncertainty of samples, as benchmarks need them: robust, and the same for the same seed. */
import { uniform } from '../random.ts';

/** Arithmetic mean; NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** An ascending copy. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/**
 * The `q`-quantile, 0 <= q <= 1, of values in ascending order: linear between order statistics (type 7 of Hyndman and
 * Fan 1996, the default of numpy and R). NaN of nothing.
 */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const position = (ascending.length - 1) * q;
  const below = Math.floor(position);
  const low = ascending[below] ?? NaN;
  const high = ascending[below + 1] ?? low;
  return low + (high - low) * (position - below);
}

/** The middle value, or the mean of the two middle ones, in any order. */
export function median(values: ArrayLike<number>): number {
  return quantile(sorted(values), 0.5);
}

/** Median absolute deviation from the median, not scaled to a normal's standard deviation (that takes 1.4826). */
export function medianAbsoluteDeviation(values: ArrayLike<number>): number {
  const middle = median(values);
  return median(Float64Array.from(values, (value) => Math.abs(value - middle)));
}

/** A number with the ends of its confidence interval. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  /** How many times the samples are redrawn. Default 2000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

/**
 * median(numerator) / median(denominator) with a percentile-bootstrap interval (Efron 1979): both samples are redrawn
 * with replacement, independently. Two samples of one value each give an interval of no width.
 */
export function bootstrapRatio(
  numerator: ArrayLike<number>,
  denominator: ArrayLike<number>,
  options: BootstrapOptions,
): Interval {
  const { seed, resamples = 2000, confidence = 0.95 } = options;
  const above = sorted(numerator);
  const below = sorted(denominator);
  const next = uniform(seed);
  const ratios = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) ratios[i] = redrawnMedian(above, next) / redrawnMedian(below, next);
  ratios.sort();
  const tail = (1 - confidence) / 2;
  return {
    estimate: quantile(above, 0.5) / quantile(below, 0.5),
    low: quantile(ratios, tail),
    high: quantile(ratios, 1 - tail),
  };
}

/**
 * The trimmed mean of few values, of five and more without the smallest and the largest eighth, with a bootstrap-t
 * interval (Efron 1982, section 10.10; Hall 1988): how far redrawn means lie from the mean, in their own standard errors,
 * gives the factors that a normal's table would. Standard errors are Yuen's (1974), from winsorized values. Covers what it
 * says from about six values on, where percentiles of redrawn means are too narrow. One value alone has no interval.
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions): Interval {
  const { seed, resamples = 2000, confidence = 0.95 } = options;
  const size = values.length;
  const { middle: estimate, error } = trimmed(sorted(values));
  if (size < 2) return { estimate, low: -Infinity, high: Infinity };
  if (error === 0) return { estimate, low: estimate, high: estimate };
  const next = uniform(seed);
  const drawn = new Float64Array(size);
  const factors = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    for (let k = 0; k < size; k++) drawn[k] = values[Math.floor(next() * size)] as number;
    const own = trimmed(drawn.sort());
    // A draw of one value over and over: as far out as can be.
    const away = own.middle - estimate;
    factors[i] = own.error > 0 ? away / own.error : Math.sign(away) * AS_FAR;
  }
  factors.sort();
  const tail = (1 - confidence) / 2;
  return {
    estimate,
    low: estimate - quantile(factors, 1 - tail) * error,
    high: estimate - quantile(factors, tail) * error,
  };
}

/** Stands for infinity, which quantiles cannot lie between. */
const AS_FAR = 1e9;

/** Trimmed mean and its standard error; values ascending. */
function trimmed(ascending: Float64Array): { readonly middle: number; readonly error: number } {
  const size = ascending.length;
  const cut = size < 5 ? 0 : Math.max(1, Math.floor(size / 8));
  const middle = mean(ascending.subarray(cut, size - cut));
  const [least, most] = [ascending[cut] as number, ascending[size - 1 - cut] as number];
  const winsorized = ascending.map((value) => Math.min(Math.max(value, least), most));
  const average = mean(winsorized);
  let sum = 0;
  for (const value of winsorized) sum += (value - average) ** 2;
  return { middle, error: Math.sqrt(sum / (size - 1) / size) / (1 - (2 * cut) / size) };
}

/** Median of as many draws with replacement, by counting: no sort, linear in the sample. */
function redrawnMedian(ascending: Float64Array, next: () => number): number {
  const size = ascending.length;
  const counts = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const pick = Math.floor(next() * size);
    counts[pick] = (counts[pick] as number) + 1;
  }
  return (
    (orderStatistic(ascending, counts, (size - 1) >> 1) + orderStatistic(ascending, counts, size >> 1)) / 2
  );
}

/** The value of 0-based `rank` when `ascending[i]` occurs `counts[i]` times. */
function orderStatistic(ascending: Float64Array, counts: Uint32Array, rank: number): number {
  let seen = 0;
  for (let i = 0; i < counts.length; i++) {
    seen += counts[i] as number;
    if (seen > rank) return ascending[i] as number;
  }
  return NaN;
}
