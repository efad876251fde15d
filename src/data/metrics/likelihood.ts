/** How unlikely a model finds the labels: sums of negative log-likelihoods. */
import type { HostTensor } from '../host-tensor.ts';
import { eachScored } from './each-label.ts';
import type { ClassLayout } from './layout.ts';
import type { Score } from './metric.ts';

/** Scores the mean negative log-likelihood of the labels, or what follows from it. */
export class Likelihood implements Score {
  readonly #of: (mean: number) => number;
  #loss = 0;
  #count = 0;

  constructor(of: (mean: number) => number) {
    this.#of = of;
  }

  add(output: HostTensor, labels: HostTensor): void {
    eachScored(output, labels, (label, { scores, start, layout }) => {
      this.#loss += negativeLogLikelihood(scores, start, layout, label);
      this.#count++;
    });
  }

  value(): number | null {
    if (this.#count === 0) return null;
    const value = this.#of(this.#loss / this.#count);
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
  { classes, inner }: ClassLayout,
  label: number,
): number {
  const target = scores[start + label * inner] as number;
  const { largest, probabilities } = glance(scores, start, { classes, inner });
  if (probabilities) return -Math.log(Math.max(target, Number.MIN_VALUE));
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp((scores[start + c * inner] as number) - largest);
  return Math.log(sum) + largest - target;
}

/** The largest score, and whether the scores are probabilities. */
export function glance(
  scores: ArrayLike<number>,
  start: number,
  { classes, inner }: ClassLayout,
): { largest: number; probabilities: boolean } {
  let largest = -Infinity;
  let smallest = Infinity;
  let total = 0;
  for (let c = 0; c < classes; c++) {
    const score = scores[start + c * inner] as number;
    if (score > largest) largest = score;
    if (score < smallest) smallest = score;
    total += score;
  }
  return { largest, probabilities: smallest >= 0 && Math.abs(total - 1) < 1e-3 };
}
