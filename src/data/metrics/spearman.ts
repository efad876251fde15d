/** Spearman's rank correlation of one number for each row with its label, e.g. of similarities. */
import { asFloats } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { isMeasured } from './layout.ts';
import type { Metric, Score } from './metric.ts';
import { Growing, ranks } from './ranks.ts';

export const spearman: Metric = {
  name: 'spearman',
  summary: 'rank correlation with the labels',
  automatic: false,
  fits: isMeasured,
  begin: () => new Spearman(),
};

class Spearman implements Score {
  readonly #found = new Growing();
  readonly #wanted = new Growing();

  add(output: HostTensor, labels: HostTensor): void {
    const [found, wanted] = [asFloats(output), asFloats(labels)];
    if (found === null || wanted === null) return;
    for (let at = 0; at < wanted.length; at++) {
      this.#found.push(found[at] as number);
      this.#wanted.push(wanted[at] as number);
    }
  }

  value(): number | null {
    const value = pearson(ranks(this.#found.all()), ranks(this.#wanted.all()));
    return Number.isNaN(value) ? null : value;
  }
}

/** NaN where one of both does not vary. */
function pearson(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array): number => values.reduce((x, y) => x + y, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, ownA, ownB] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [(a[at] as number) - meanA, (b[at] as number) - meanB];
    both += x * y;
    ownA += x * x;
    ownB += y * y;
  }
  return both / Math.sqrt(ownA * ownB);
}
