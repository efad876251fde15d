/** Exponential of the mean negative log-likelihood per token of [batch, sequence, vocabulary] scores. */
import { asFloats } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { isClassified, labelAt } from './classes.ts';
import type { Metric, Score } from './metric.ts';

/** Labels are the targets position by position: they are compared as they are, not shifted by one. */
export const perplexity: Metric = {
  name: 'perplexity',
  better: 'lower',
  fits: (output, labels) =>
    output.dims.length === 3 && labels.dims.length === 2 && isClassified(output, labels),
  begin: () => new Perplexity(),
};

class Perplexity implements Score {
  #loss = 0;
  #tokens = 0;

  add(output: HostTensor, labels: HostTensor): void {
    const scores = asFloats(output);
    if (scores === null) return;
    const classes = output.dims.at(-1) as number;
    for (let row = 0; row < labels.data.length; row++) {
      const label = labelAt(labels, row, classes);
      if (label === null) continue;
      this.#loss += negativeLogLikelihood(scores, row * classes, classes, label);
      this.#tokens++;
    }
  }

  value(): number | null {
    if (this.#tokens === 0) return null;
    const value = Math.exp(this.#loss / this.#tokens);
    // NaN scores and overflow are the worst there is; reports are JSON, which has no infinity.
    return Number.isNaN(value) ? Number.MAX_VALUE : Math.min(value, Number.MAX_VALUE);
  }
}

/**
 * log(sum exp(s)) - s[label]. Log-probabilities come out unchanged, since their exponentials sum to one;
 * probabilities (all within [0, 1], summing to one) are recognized and get a plain logarithm.
 */
function negativeLogLikelihood(
  scores: ArrayLike<number>,
  start: number,
  classes: number,
  label: number,
): number {
  let largest = -Infinity;
  let smallest = Infinity;
  let total = 0;
  for (let i = start; i < start + classes; i++) {
    const score = scores[i] as number;
    if (score > largest) largest = score;
    if (score < smallest) smallest = score;
    total += score;
  }
  const target = scores[start + label] as number;
  if (smallest >= 0 && Math.abs(total - 1) < 1e-3) return -Math.log(Math.max(target, Number.MIN_VALUE));
  let sum = 0;
  for (let i = start; i < start + classes; i++) sum += Math.exp((scores[i] as number) - largest);
  return Math.log(sum) + largest - target;
}
