/** Counts of chosen against true classes, from which precision, recall, F1, IoU and Dice follow. */
import type { HostTensor } from '../host-tensor.ts';
import { eachChoice } from './each-label.ts';
import { classLayout, isDecided } from './layout.ts';
import type { Metric, Score } from './metric.ts';

/** What is known of one class. */
export interface ClassCounts {
  /** Labels of the class that were chosen as such. */
  readonly hits: number;
  readonly chosen: number;
  readonly labelled: number;
}

/** A mean over classes that occur, among labels or choices, each counting the same ("macro"). */
export function overClasses(
  name: string,
  summary: string,
  of: (counts: ClassCounts) => number,
  least: 'any' | 'spatial' = 'any',
): Metric {
  return {
    name,
    summary,
    automatic: false,
    fits: (output, labels) =>
      (least === 'any' || labels.dims.length > 2) &&
      (classLayout(output, labels) !== null || isDecided(output, labels)),
    begin: () => new Confusion(of),
  };
}

class Confusion implements Score {
  readonly #of: (counts: ClassCounts) => number;
  readonly #hits = new Map<number, number>();
  readonly #chosen = new Map<number, number>();
  readonly #labelled = new Map<number, number>();

  constructor(of: (counts: ClassCounts) => number) {
    this.#of = of;
  }

  add(output: HostTensor, labels: HostTensor): void {
    eachChoice(output, labels, (label, choice) => {
      count(this.#labelled, label);
      count(this.#chosen, choice);
      if (choice === label) count(this.#hits, label);
    });
  }

  value(): number | null {
    const classes = [...new Set([...this.#labelled.keys(), ...this.#chosen.keys()])];
    if (classes.length === 0) return null;
    const scores = classes.map((each) =>
      this.#of({
        hits: this.#hits.get(each) ?? 0,
        chosen: this.#chosen.get(each) ?? 0,
        labelled: this.#labelled.get(each) ?? 0,
      }),
    );
    return scores.reduce((a, b) => a + b, 0) / scores.length;
  }
}

function count(into: Map<number, number>, key: number): void {
  into.set(key, (into.get(key) ?? 0) + 1);
}

/** a / b, and 0 where b is. */
export function share(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
