/** Range estimators, alphabetical; a new one is a file and a line here. */
import { entropy } from './entropy.ts';
import type { RangeEstimator } from './estimator.ts';
import { minmax } from './minmax.ts';
import { movingAverage } from './moving-average.ts';
import { mse } from './mse.ts';
import { percentile } from './percentile.ts';

export const ESTIMATORS = {
  entropy,
  minmax,
  'moving-average': movingAverage,
  mse,
  percentile,
} as const satisfies Readonly<Record<string, RangeEstimator>>;

export type EstimatorName = keyof typeof ESTIMATORS;
