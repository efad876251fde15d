/** minmax: from the smallest to the largest value seen. */
import type { RangeEstimator } from './estimator.ts';

export const minmax: RangeEstimator = {
  name: 'minmax',
  summary: 'everything that was seen',
  needs: 'nothing',
  range: ({ histogram: { low, high } }) => ({ min: low, max: high }),
};
