/** Slot of calibration: how the range of a value follows from what was seen of it. */
import type { AffineSpec } from '../../numeric/affine.ts';
import type { Histogram, Interval } from '../../numeric/histogram.ts';

/** What an estimator may use. */
export interface Seen {
  /** Between the extremes. */
  readonly histogram: Histogram;
  /** Mean over the batches of their extremes. */
  readonly mean: Interval;
  readonly spec: AffineSpec;
  /** Share of the values, in percent, that `percentile` keeps. */
  readonly percentile: number;
}

export interface RangeEstimator {
  readonly name: string;
  readonly summary: string;
  /** What has to be observed beyond the extremes. */
  readonly needs: 'nothing' | 'mean' | 'histogram';
  readonly range: (seen: Seen) => Interval;
}
