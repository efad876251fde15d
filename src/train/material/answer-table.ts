/** Answers in memory, row by row. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { type Answered, type AnswerLayout, joined, layoutOf, numbersOf, rowAt } from './answer-layout.ts';

export class AnswerTable {
  readonly #mostBytes: number;
  readonly #done: Uint8Array;
  #layout: AnswerLayout | null = null;
  #numbers = new Float32Array();
  #closed = false;

  /** @param mostBytes what answers to all rows may take up; none are kept where they take more */
  constructor(rows: number, mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.#done = new Uint8Array(rows);
  }

  /** Null when one of the rows is not known. */
  take(rows: readonly number[]): Map<string, HostTensor> | null {
    const layout = this.#layout;
    if (!layout || rows.length === 0 || rows.some((row) => this.#done[row] !== 1)) return null;
    const size = numbersOf(layout);
    return joined(
      layout,
      rows.map((row) => this.#numbers.subarray(row * size, (row + 1) * size)),
    );
  }

  put(rows: readonly number[], tensors: Answered): void {
    const layout = this.#closed ? null : this.#begin(rows, tensors);
    if (!layout) return;
    const size = numbersOf(layout);
    for (const [at, row] of rows.entries()) {
      this.#numbers.set(rowAt(layout, tensors, at), row * size);
      this.#done[row] = 1;
    }
  }

  #begin(rows: readonly number[], tensors: Answered): AnswerLayout | null {
    if (this.#layout) return this.#layout;
    const layout = layoutOf(tensors, rows.length);
    const numbers = layout && numbersOf(layout) * this.#done.length;
    if (numbers === null || numbers * 4 > this.#mostBytes) {
      this.#closed = true;
      return null;
    }
    this.#numbers = new Float32Array(numbers);
    this.#layout = layout;
    return layout;
  }
}
