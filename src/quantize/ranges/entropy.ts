/** entropy: the codes tell as much as possible about the distribution of the values. */
import { entropyRange } from '../../numeric/entropy-range.ts';
import { codeRange } from '../../numeric/integer.ts';
import type { RangeEstimator } from './estimator.ts';

/** More codes than this differ in nothing that 2048 bins could show. */
const MOST = 256;

export const entropy: RangeEstimator = {
  name: 'entropy',
  summary: 'least loss of information (Kullback-Leibler)',
  needs: 'histogram',
  range: ({ histogram, spec }) => {
    const { qmin, qmax } = codeRange(spec.type);
    return entropyRange(histogram, Math.min(qmax - qmin + 1, MOST), spec.symmetric === true);
  },
};
