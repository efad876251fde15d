/** Counts what half precision could not hold, while weights are written, and keeps one note about it up to date. */
import type { Outcome } from '../outcome.ts';

export class LossTally {
  readonly #outcome: Outcome;
  readonly #dtype: string;
  readonly #limit: string;
  readonly #notes = new Map<string, { at: number; values: number; tensors: Set<string> }>();

  /** @param limit the magnitude that values out of range were set to */
  constructor(outcome: Outcome, dtype: string, limit: number) {
    this.#outcome = outcome;
    this.#dtype = dtype;
    this.#limit = limit < 1e6 ? String(limit) : limit.toExponential(3);
  }

  overflow(tensor: string, values: number): void {
    this.#count(
      'overflow',
      tensor,
      values,
      (counted) => `${counted} beyond ${this.#dtype}'s range: set to +-${this.#limit}`,
    );
  }

  underflow(tensor: string, values: number): void {
    this.#count(
      'underflow',
      tensor,
      values,
      (counted) => `${counted} too small for ${this.#dtype}: set to +-5.96e-8, the smallest it has`,
    );
  }

  #count(kind: string, tensor: string, values: number, text: (counted: string) => string): void {
    if (values === 0) return;
    const entry = this.#notes.get(kind) ?? { at: this.#outcome.notes.length, values: 0, tensors: new Set() };
    this.#notes.set(kind, entry);
    entry.values += values;
    entry.tensors.add(tensor);
    const [first] = entry.tensors;
    const where =
      entry.tensors.size === 1 ? `'${first}'` : `${entry.tensors.size} constants ('${first}', ...)`;
    this.#outcome.notes[entry.at] = text(
      `${entry.values} ${entry.values === 1 ? 'value' : 'values'} of ${where}`,
    );
  }
}
