/** Sums over pairs of numbers, from which the errors of regression follow. */
import { asFloats } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { isMeasured } from './layout.ts';
import type { Metric, Score } from './metric.ts';

export interface Sums {
  readonly count: number;
  readonly squares: number;
  readonly magnitudes: number;
  /** Sum of squared distances of the labels from their mean. */
  readonly spread: number;
}

export function regression(
  about: Pick<Metric, 'name' | 'summary' | 'automatic'>,
  of: (sums: Sums) => number | null,
): Metric {
  return { ...about, fits: isMeasured, begin: () => new Errors(of) };
}

class Errors implements Score {
  readonly #of: (sums: Sums) => number | null;
  #count = 0;
  #squares = 0;
  #magnitudes = 0;
  #mean = 0;
  #spread = 0;

  constructor(of: (sums: Sums) => number | null) {
    this.#of = of;
  }

  add(output: HostTensor, labels: HostTensor): void {
    const [found, wanted] = [asFloats(output), asFloats(labels)];
    if (found === null || wanted === null) return;
    for (let at = 0; at < wanted.length; at++) {
      const label = wanted[at] as number;
      const error = (found[at] as number) - label;
      this.#count++;
      this.#squares += error * error;
      this.#magnitudes += Math.abs(error);
      // Welford 1962: exact enough for labels far from zero.
      const off = label - this.#mean;
      this.#mean += off / this.#count;
      this.#spread += off * (label - this.#mean);
    }
  }

  value(): number | null {
    if (this.#count === 0) return null;
    const value = this.#of({
      count: this.#count,
      squares: this.#squares,
      magnitudes: this.#magnitudes,
      spread: this.#spread,
    });
    // Reports are JSON, which has neither.
    if (value === null) return null;
    return Number.isNaN(value) ? null : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  }
}
