/** Finds the scores of a model: what its probabilities were made of, and along which axis the classes lie. */
import { LlmcError } from '../../errors.ts';
import type { Value } from '../../ir/value.ts';

/**
 * What an output was before softmax; the output itself where it is no distribution. Softmax of log-probabilities gives
 * the probabilities again, so that LogSoftmax needs no looking through.
 */
export function scoresOf(output: Value): Value {
  const node = output.producer;
  const before = node?.opType === 'Softmax' ? node.input(0) : null;
  return before ?? output;
}

/**
 * The axis of the scores that labels lack: the last one where that fits, the second otherwise (pictures).
 * @throws LlmcError DATA where neither fits
 */
export function classAxisFor(scores: readonly number[], labels: readonly number[] | null): number {
  const last = scores.length - 1;
  if (!labels) return last;
  const wanted = labels.filter((dim, axis) => axis === 0 || dim !== 1).join();
  for (const axis of [last, 1]) {
    const positions = scores.filter((dim, at) => at !== axis && (at === 0 || dim !== 1));
    if (axis > 0 && positions.join() === wanted) return axis;
  }
  throw new LlmcError('DATA', `labels of shape [${labels}] do not fit outputs of shape [${scores}]`, {
    hint: 'cross-entropy wants one whole number for each row, or for each position of sequences and pictures',
  });
}
