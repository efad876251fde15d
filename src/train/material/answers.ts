/** What teachers say to each row, asked once where rows stay the same from epoch to epoch. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import type { StepFeeds } from '../graph/step-types.ts';
import type { HintRequest } from '../options.ts';
import type { Answered } from './answer-layout.ts';
import type { AnswerTable } from './answer-table.ts';
import type { TrainingBatch } from './material.ts';
import type { StoredAnswers } from './stored-answers.ts';
import type { Teacher } from './teacher.ts';

type Said = Pick<StepFeeds, 'scores' | 'hints'>;

/** What was said to rows that are the same in all batches. */
interface Known {
  readonly table: AnswerTable;
  readonly stored: StoredAnswers | null;
}

/** Asks the teachers: the mean of their scores, and the values of the first one that are hints. */
export class TeacherPanel {
  readonly #teachers: readonly Teacher[];
  readonly #hints: readonly HintRequest[];
  readonly #known: Known | null;

  /** @param known null where rows differ from batch to batch */
  constructor(teachers: readonly Teacher[], hints: readonly HintRequest[], known: Known | null) {
    this.#teachers = teachers;
    this.#hints = hints;
    this.#known = known;
  }

  async ask(batch: TrainingBatch): Promise<Said> {
    if (this.#teachers.length === 0) return { scores: null, hints: {} };
    const found = this.#known ? await this.#once(this.#known, batch) : await this.#fresh(batch);
    return {
      scores: found.get('') ?? null,
      hints: Object.fromEntries([...found].filter(([name]) => name !== '')),
    };
  }

  async close(): Promise<void> {
    await this.#known?.stored?.close();
  }

  async #once({ table, stored }: Known, batch: TrainingBatch): Promise<Answered> {
    const { rows } = batch;
    const remembered = table.take(rows);
    if (remembered) return remembered;
    const read = stored?.sure ? await stored.take(rows) : null;
    const answers = read ?? (await this.#fresh(batch));
    table.put(rows, answers);
    if (!read) {
      await stored?.judge(rows, answers);
      await stored?.put(rows, answers);
    }
    return answers;
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
