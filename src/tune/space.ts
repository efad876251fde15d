/** What is tried first: the single schemes, as far as they suit the model and the data. */

import type { Facts } from '../recipe/facts.ts';
import { type Candidate, quantized } from './candidate.ts';

/** Below this share of the weights, low-bit matrices save nothing. */
const WORTH_LOW_BITS = 0.3;

/** @param calibrated whether there are rows to find ranges on */
export function firstCandidates({ matrixShare, windowOps }: Facts, calibrated: boolean): Candidate[] {
  const int8 = (label: string, given: Record<string, unknown>): Candidate =>
    quantized(label, { scheme: 'int8', ...given }, { family: 'int8' });
  const int4 = (label: string, given: Record<string, unknown>): Candidate =>
    quantized(label, { scheme: 'int4', ...given }, { family: 'int4' });
  const low = matrixShare >= WORTH_LOW_BITS;
  return [
    ...(calibrated
      ? [
          int8('int8', {}),
          int8('int8 minmax', { calibration: 'minmax' }),
          int8('int8 percentile', { calibration: 'percentile' }),
        ]
      : []),
    quantized('int8-dynamic', { scheme: 'int8-dynamic' }),
    // Windows in integers with scales found anew in every run are often slower than floats.
    ...(windowOps.length > 0 && matrixShare > 0
      ? [
          quantized(
            'int8-dynamic, products only',
            { scheme: 'int8-dynamic', exclude: windowOps },
            { family: 'int8-dynamic' },
          ),
        ]
      : []),
    quantized(
      'int8-weights, folded at load',
      { scheme: 'int8-weights', format: 'cast' },
      { family: 'int8-weights' },
    ),
    quantized('int8-weights', { scheme: 'int8-weights' }),
    quantized('fp16', { scheme: 'fp16' }),
    ...(low
      ? [
          int4('int4', {}),
          int4('int4 kquant', { rounding: 'kquant' }),
          ...(calibrated ? [int4('int4 gptq', { rounding: 'gptq' })] : []),
        ]
      : []),
  ];
}
