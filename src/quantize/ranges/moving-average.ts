/** moving-average: means over the batches of their extremes, so that single outliers count for less. */
import type { RangeEstimator } from './estimator.ts';

export const movingAverage: RangeEstimator = {
  name: 'moving-average',
  summary: 'mean over the batches of their extremes',
  needs: 'mean',
  range: ({ mean }) => mean,
};
