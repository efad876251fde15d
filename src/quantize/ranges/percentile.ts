/** percentile: all but a small share of the values, the same at both ends. */
import { percentileRange } from '../../numeric/percentile-range.ts';
import type { RangeEstimator } from './estimator.ts';

export const percentile: RangeEstimator = {
  name: 'percentile',
  summary: 'all but a small share of the values',
  needs: 'histogram',
  range: ({ histogram, spec, percentile: percent }) =>
    percentileRange(histogram, percent, spec.symmetric === true),
};
