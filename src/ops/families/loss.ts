/** Losses, as training graphs carry them. */
import type { OpSpec } from '../spec.ts';

const LOSS = { kind: 'float-only', reason: 'a loss is a number to be exact about' } as const;

export const loss: readonly OpSpec[] = [
  { type: 'NegativeLogLikelihoodLoss', quant: LOSS, types: 'T, int32|int64, T? -> T', bfloat16: 22 },
  { type: 'SoftmaxCrossEntropyLoss', quant: LOSS, types: 'T, int32|int64, T? -> T, T?' },
];
