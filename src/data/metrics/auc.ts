/** Area under the receiver operating characteristic, from ranks (Hanley and McNeil 1982); of more than two classes the mean of each against the rest. */
import { LlmcError } from '../../errors.ts';
import { elementCount, type HostTensor } from '../host-tensor.ts';
import { eachLabel } from './each-label.ts';
import { type ClassLayout, classLayout, scoreStart } from './layout.ts';
import { glance } from './likelihood.ts';
import type { Metric, Score } from './metric.ts';
import { Growing, ranks } from './ranks.ts';

export const auc: Metric = {
  name: 'auc',
  summary: 'area under the ROC curve; of many classes the mean of each against the rest',
  automatic: false,
  fits: (output, labels) => isBinary(output, labels) || classLayout(output, labels) !== null,
  begin: () => new Area(),
};

/** One score for each label: the larger, the rather 1. */
function isBinary(output: HostTensor, labels: HostTensor): boolean {
  const same = elementCount(output.dims) === elementCount(labels.dims);
  return same && output.dtype.startsWith('float') && !Array.isArray(labels.data);
}

class Area implements Score {
  readonly #labels: number[] = [];
  /** Scores of each class; of the second alone where there are two. */
  readonly #scores: Growing[] = [];

  add(output: HostTensor, labels: HostTensor): void {
    const layout = isBinary(output, labels) ? null : classLayout(output, labels);
    eachLabel(output, labels, layout?.classes ?? 2, (label, at, scores) => {
      this.#labels.push(label);
      const row = layout ? likelihoods(scores, at, layout) : [scores[at] as number];
      for (const [c, score] of row.entries()) {
        this.#scores[c] ??= new Growing();
        this.#scores[c].push(score);
      }
    });
  }

  value(): number | null {
    if (this.#scores.length === 0) return null;
    const binary = this.#scores.length === 1;
    const areas = this.#scores.map((scores, c) => area(scores.all(), this.#labels, binary ? 1 : c));
    // A class that no row has, or all, has no curve.
    const drawn = areas.filter((each) => each !== null);
    return drawn.length < areas.length ? null : drawn.reduce((a, b) => a + b, 0) / areas.length;
  }
}

/** Softmax of a label's scores, or the scores themselves where they are probabilities; of two the odds of the second. */
function likelihoods(scores: ArrayLike<number>, at: number, layout: ClassLayout): number[] {
  const start = scoreStart(at, layout);
  const own = Array.from({ length: layout.classes }, (_, c) => scores[start + c * layout.inner] as number);
  if (own.length === 2) return [(own[1] as number) - (own[0] as number)];
  const { largest, probabilities } = glance(scores, start, layout);
  if (probabilities) return own;
  const powers = own.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The share of pairs, one of the class and one not, that the scores put in order; equal scores count half. */
function area(scores: Float64Array, labels: readonly number[], wanted: number): number | null {
  const hits = labels.filter((label) => label === wanted).length;
  const others = labels.length - hits;
  if (hits === 0 || others === 0) return null;
  if (scores.some(Number.isNaN))
    throw new LlmcError('DATA', 'auc: the model gave NaN', { hint: 'compare the outputs with llmc compare' });
  const places = ranks(scores);
  const sum = labels.reduce(
    (total, label, at) => (label === wanted ? total + (places[at] as number) : total),
    0,
  );
  return (sum - (hits * (hits + 1)) / 2) / (hits * others);
}
