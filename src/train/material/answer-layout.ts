/** How answers of a teacher to one row lie one behind the other. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { sizeOf } from '../../ir/tensor.ts';

/** Answers to some rows, by name. */
export type Answered = ReadonlyMap<string, HostTensor>;

/** Names and the dims of one row. */
export type AnswerLayout = readonly (readonly [name: string, dims: readonly number[]])[];

/** Null when what is said of a row is no part of its own of each tensor. */
export function layoutOf(tensors: Answered, rows: number): AnswerLayout | null {
  const all = [...tensors];
  if (rows === 0 || all.some(([, { dims }]) => dims[0] !== rows)) return null;
  return all.map(([name, { dims }]) => [name, dims.slice(1)] as const);
}

/** Numbers in the answers to a row. */
export function numbersOf(layout: AnswerLayout): number {
  return layout.reduce((sum, [, dims]) => sum + sizeOf(dims), 0);
}

/** The answers to the row at this place. */
export function rowAt(layout: AnswerLayout, tensors: Answered, at: number): Float32Array {
  const row = new Float32Array(numbersOf(layout));
  let from = 0;
  for (const [name, dims] of layout) {
    const size = sizeOf(dims);
    const data = tensors.get(name)?.data;
    if (data instanceof Float32Array) row.set(data.subarray(at * size, (at + 1) * size), from);
    from += size;
  }
  return row;
}

/** Rows put together again. */
export function joined(layout: AnswerLayout, rows: readonly Float32Array[]): Map<string, HostTensor> {
  const found = new Map<string, HostTensor>();
  let from = 0;
  for (const [name, dims] of layout) {
    const size = sizeOf(dims);
    const data = new Float32Array(size * rows.length);
    for (const [at, row] of rows.entries()) data.set(row.subarray(from, from + size), at * size);
    found.set(name, { dtype: 'float32', dims: [rows.length, ...dims], data });
    from += size;
  }
  return found;
}
