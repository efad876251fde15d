/** What teachers say to each row, asked once where rows stay the same from epoch to epoch. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import { sizeOf } from '../../ir/tensor.ts';
import type { StepFeeds } from '../graph/step-types.ts';
import type { HintRequest } from '../options.ts';
import type { TrainingBatch } from './material.ts';
import type { Teacher } from './teacher.ts';

type Said = Pick<StepFeeds, 'scores' | 'hints'>;

/** Bytes of answers that are kept in memory. */
const MOST_KEPT = 2 ** 30;

/** Asks the teachers: the mean of their scores, and the values of the first one that are hints. */
export class TeacherPanel {
  readonly #teachers: readonly Teacher[];
  readonly #hints: readonly HintRequest[];
  readonly #known: AnswerTable | null;

  /** @param rows of the data when they are always the same, null otherwise */
  constructor(teachers: readonly Teacher[], hints: readonly HintRequest[], rows: number | null) {
    this.#teachers = teachers;
    this.#hints = hints;
    this.#known = rows === null ? null : new AnswerTable(rows);
  }

  async ask(batch: TrainingBatch): Promise<Said> {
    if (this.#teachers.length === 0) return { scores: null, hints: {} };
    const known = this.#known?.take(batch.rows);
    if (known) return this.#said(known);
    const tensors = await this.#fresh(batch);
    this.#known?.put(batch.rows, tensors);
    return this.#said(tensors);
  }

  /** Scores under '', hints under their names. */
  async #fresh(batch: TrainingBatch): Promise<Map<string, HostTensor>> {
    const all = await Promise.all(
      this.#teachers.map((teacher, at) => teacher.answer(batch.teachers[at] ?? {})),
    );
    const found = new Map<string, HostTensor>();
    const scores = all.flatMap((answers) => (answers.scores ? [answers.scores] : []));
    const [first] = scores;
    if (first) found.set('', scores.length === 1 ? first : mean(scores));
    for (const { teacher, student } of this.#hints) {
      const value = all[0]?.values[teacher];
      if (value) found.set(`${teacher}:${student}`, value);
    }
    return found;
  }

  #said(tensors: ReadonlyMap<string, HostTensor>): Said {
    return {
      scores: tensors.get('') ?? null,
      hints: Object.fromEntries([...tensors].filter(([name]) => name !== '')),
    };
  }
}

function mean(tensors: readonly HostTensor[]): HostTensor {
  const [first] = tensors;
  if (!first) throw new Error('there is a teacher');
  const sum = Float32Array.from(first.data as Float32Array);
  for (const { data, dims } of tensors.slice(1)) {
    if (String(dims) !== String(first.dims))
      throw new LlmcError('DATA', `teachers disagree: [${first.dims}] and [${dims}]`, {
        hint: 'several teachers must know the same classes',
      });
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + ((data as Float32Array)[i] as number);
  }
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) / tensors.length;
  return { dtype: 'float32', dims: first.dims, data: sum };
}

/** Answers row by row. */
class AnswerTable {
  readonly #rows: number;
  readonly #done: Uint8Array;
  #columns: Map<string, { readonly dims: readonly number[]; readonly data: Float32Array }> | null = null;
  #tooLarge = false;

  constructor(rows: number) {
    this.#rows = rows;
    this.#done = new Uint8Array(rows);
  }

  take(rows: readonly number[]): Map<string, HostTensor> | null {
    if (!this.#columns || rows.length === 0 || rows.some((row) => this.#done[row] !== 1)) return null;
    const found = new Map<string, HostTensor>();
    for (const [name, { dims, data }] of this.#columns) {
      const size = sizeOf(dims);
      const taken = new Float32Array(size * rows.length);
      for (const [at, row] of rows.entries())
        taken.set(data.subarray(row * size, (row + 1) * size), at * size);
      found.set(name, { dtype: 'float32', dims: [rows.length, ...dims], data: taken });
    }
    return found;
  }

  put(rows: readonly number[], tensors: ReadonlyMap<string, HostTensor>): void {
    if (this.#tooLarge || rows.length === 0) return;
    const perRow = [...tensors.values()].every(({ dims }) => dims[0] === rows.length);
    this.#columns ??= perRow ? this.#begin(rows.length, tensors) : null;
    if (!this.#columns) {
      this.#tooLarge = true;
      return;
    }
    for (const [name, tensor] of tensors) {
      const column = this.#columns.get(name);
      if (!column) continue;
      const size = sizeOf(column.dims);
      const data = tensor.data as Float32Array;
      for (const [at, row] of rows.entries())
        column.data.set(data.subarray(at * size, (at + 1) * size), row * size);
    }
    for (const row of rows) this.#done[row] = 1;
  }

  #begin(batch: number, tensors: ReadonlyMap<string, HostTensor>) {
    const bytes = [...tensors.values()].reduce(
      (sum, { data }) => sum + (data.length / batch) * 4 * this.#rows,
      0,
    );
    if (bytes > MOST_KEPT) return null;
    return new Map(
      [...tensors].map(([name, { dims, data }]) => [
        name,
        { dims: dims.slice(1), data: new Float32Array((data.length / batch) * this.#rows) },
      ]),
    );
  }
}
