/** Losses, as training graphs carry them. */
import * as losses from '../gradients/losses.ts';
import type { OpSpec } from '../spec.ts';

const LOSS = { kind: 'float-only', reason: 'a loss is a number to be exact about' } as const;

export const loss: readonly OpSpec[] = [
  {
    type: 'NegativeLogLikelihoodLoss',
    gradient: { decompose: losses.negativeLogLikelihood },
    quant: LOSS,
    types: 'T, int32|int64, T? -> T',
    bfloat16: 22,
  },
  {
    type: 'SoftmaxCrossEntropyLoss',
    gradient: { decompose: losses.softmaxCrossEntropy },
    quant: LOSS,
    types: 'T, int32|int64, T? -> T, T?',
  },
];
