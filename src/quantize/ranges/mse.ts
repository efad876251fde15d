/** mse: smallest squared error of the quantized values. */
import { mseRange } from '../../numeric/mse-range.ts';
import type { RangeEstimator } from './estimator.ts';

export const mse: RangeEstimator = {
  name: 'mse',
  summary: 'smallest squared error of the values',
  needs: 'histogram',
  range: ({ histogram, spec }) => mseRange(histogram, spec),
};
