/** The loop: batches in, weights out, with schedules, evaluations, checkpoints and an early end. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Context } from '../../step.ts';
import type { StepFeeds } from '../graph/step-types.ts';
import type { Material, TrainingBatch } from '../material/material.ts';
import { type Objective, weightAt } from '../objective.ts';
import type { Checkpoint } from './checkpoint.ts';
import { culprit } from './culprit.ts';
import { carryZeros } from './revision.ts';
import { rateFactor } from './schedule.ts';
import { StepSession } from './step-session.ts';
import type { Ask, CurvePoint, EvaluationPoint, Trained, TrainerOptions } from './training.ts';

interface Best {
  readonly step: number;
  readonly value: number;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/**
 * Trains the student in place, and leaves it with the weights of the best evaluation, or of the last step without any.
 * The same seed, data and number of threads give the same bits.
 * @throws LlmcError DIVERGED naming the node where a number stopped being one, and what building a step throws
 */
export async function train(
  student: Model,
  material: Material,
  ask: Ask,
  options: TrainerOptions,
  context: Context,
): Promise<Trained> {
  const session = new StepSession(student, options, context);
  try {
    return await new Run(session, student, material, ask, options, context).all();
  } finally {
    await session.release();
  }
}

class Run {
  readonly #session: StepSession;
  readonly #student: Model;
  readonly #material: Material;
  readonly #ask: Ask;
  readonly #options: TrainerOptions;
  readonly #context: Context;
  #step = 0;
  #shown = false;
  #terms: Readonly<Record<string, number>> = {};
  #stale = 0;
  #best: Best | null = null;
  #curve: CurvePoint[] = [];
  #evaluations: EvaluationPoint[] = [];

  constructor(
    session: StepSession,
    student: Model,
    material: Material,
    ask: Ask,
    options: TrainerOptions,
    context: Context,
  ) {
    this.#session = session;
    this.#student = student;
    this.#material = material;
    this.#ask = ask;
    this.#options = options;
    this.#context = context;
  }

  async all(): Promise<Trained> {
    const { steps, accumulate, checkpoints } = this.#options;
    const { stepsPerEpoch } = this.#material;
    const saved = await checkpoints?.load();
    if (saved) this.#continue(saved);
    let stopped = saved ? await this.#catchUp() : false;
    const progress = this.#context.progress('training', steps);
    progress.tick(this.#step);
    // A batch is one step of the data; weights change after `accumulate` of them.
    let skip = (this.#step * accumulate) % stepsPerEpoch;
    let epoch = Math.floor((this.#step * accumulate) / stepsPerEpoch);
    let pending = 0;
    let losses = 0;
    let began = performance.now();
    try {
      while (this.#step < steps && !stopped) {
        for await (const batch of this.#material.epoch(epoch)) {
          if (skip > 0) {
            skip--;
            continue;
          }
          await this.#endIfAborted(pending === 0);
          if (pending === 0) this.#revise();
          pending++;
          const applies = pending === accumulate;
          losses += (await this.#one(batch, applies)) / accumulate;
          if (!applies) continue;
          const seconds = (performance.now() - began) / 1000;
          this.#record(losses, (this.#material.batch * accumulate) / seconds);
          [pending, losses] = [0, 0];
          progress.tick(1);
          await checkpoints?.maybeSave(() => this.#snapshot());
          began = performance.now();
          if (this.#step >= steps) break;
        }
        epoch++;
        // Gradients of a part of a batch do not go over into the next epoch's evaluation.
        stopped = await this.#judge(this.#step >= steps);
      }
    } finally {
      progress.done();
    }
    if (stopped) this.#context.note(`stopped at step ${this.#step}: no improvement any more`);
    await checkpoints?.save(this.#snapshot());
    return this.#finish(stopped);
  }

  /** Again after an interruption: a checkpoint is of the weights before. */
  #revise(): void {
    const { revision, steps } = this.#options;
    if (!revision?.due(this.#step, steps)) return;
    this.#write(this.#weights(false));
    revision.apply(this.#student, this.#step, steps);
    carryZeros(this.#student, revision.masked, this.#session.state);
  }

  /** Interrupted between two steps nothing is lost. */
  async #endIfAborted(between: boolean): Promise<void> {
    const { signal } = this.#context;
    if (signal.aborted && between) await this.#options.checkpoints?.save(this.#snapshot());
    signal.throwIfAborted();
  }

  /** Killed between the last step of an epoch and its evaluation. */
  async #catchUp(): Promise<boolean> {
    const { accumulate, steps } = this.#options;
    const ended = this.#step >= steps || (this.#step * accumulate) % this.#material.stepsPerEpoch === 0;
    if (!ended || this.#evaluations.at(-1)?.step === this.#step) return false;
    return await this.#judge(this.#step >= steps);
  }

  async #one(batch: TrainingBatch, applies: boolean): Promise<number> {
    const { objective, optimizer, settings, rate, schedule, steps, warmup } = this.#options;
    const feeds: StepFeeds = { inputs: batch.student, labels: batch.labels, ...(await this.#ask(batch)) };
    await this.#showGraph(feeds);
    const numbers = optimizer.scalars(this.#step + 1, settings);
    const result = await this.#session.run(feeds, (name) => {
      if (name === 'rate') return rate * rateFactor(schedule, this.#step, steps, warmup);
      if (name === 'apply') return applies ? 1 : 0;
      return numbers[name] ?? termWeight(objective, name, this.#step / steps);
    });
    if (!Number.isFinite(result.loss)) await this.#refuse(feeds, batch);
    if (applies) this.#step++;
    this.#terms = result.terms;
    return result.loss;
  }

  async #showGraph(feeds: StepFeeds): Promise<void> {
    const { onGraph } = this.#options;
    if (!onGraph || this.#shown) return;
    this.#shown = true;
    await onGraph((await this.#session.graphFor(feeds)).model);
  }

  #record(loss: number, samplesPerSecond: number): void {
    const { rate, schedule, steps, warmup } = this.#options;
    this.#curve.push({
      step: this.#step,
      loss,
      samplesPerSecond,
      rate: rate * rateFactor(schedule, this.#step - 1, steps, warmup),
      ...(Object.keys(this.#terms).length > 1 ? { terms: this.#terms } : {}),
    });
  }

  /** Evaluates at the end of an epoch; whether it is time to stop. */
  async #judge(last: boolean): Promise<boolean> {
    const { evaluate, patience, revision, steps } = this.#options;
    if (!evaluate) return false;
    this.#write(this.#weights());
    const scored = await evaluate(this.#student);
    if (!scored) return false;
    const { metric, value, better } = scored;
    this.#evaluations.push({ step: this.#step, metric, value });
    const recent = this.#curve.at(-1);
    this.#context.note(
      `step ${this.#step}: loss ${recent?.loss.toPrecision(4)}, ${metric} ${value.toPrecision(5)}`,
    );
    // What is not pruned as far as it is to be is no result, however good.
    if (revision && !revision.settled(this.#step, steps)) return false;
    const improved =
      !this.#best || (better === 'higher' ? value > this.#best.value : value < this.#best.value);
    this.#stale = improved ? 0 : this.#stale + 1;
    if (improved) this.#best = { step: this.#step, value, weights: this.#weights() };
    return !last && patience !== null && this.#stale >= patience;
  }

  #finish(stoppedEarly: boolean): Trained {
    this.#write(this.#best?.weights ?? this.#weights());
    return {
      curve: this.#curve,
      evaluations: this.#evaluations,
      step: this.#best?.step ?? this.#step,
      stoppedEarly,
    };
  }

  /** What the student is given: averages where they are kept, weights otherwise. */
  #weights(averaged = true): Map<string, Float32Array> {
    const { state } = this.#session;
    const names = [...this.#student.graph.initializers].map(({ name }) => name);
    return new Map(
      names
        .filter((name) => state.has(name))
        .map((name) => {
          const { data } = state.get(averaged && state.has(`${name}/ema`) ? `${name}/ema` : name);
          return [name, Float32Array.from(data as Float32Array)];
        }),
    );
  }

  #write(weights: ReadonlyMap<string, Float32Array>): void {
    for (const value of this.#student.graph.initializers) {
      const data = weights.get(value.name);
      if (data && value.tensor) value.tensor = Tensor.of('float32', value.tensor.dims, data);
    }
  }

  #snapshot(): Checkpoint {
    const { state } = this.#session;
    return {
      step: this.#step,
      stale: this.#stale,
      best: this.#best,
      curve: this.#curve,
      evaluations: this.#evaluations,
      tensors: new Map(state.keys.map((key): [string, HostTensor] => [key, state.get(key)])),
    };
  }

  #continue(saved: Checkpoint): void {
    this.#step = saved.step;
    this.#stale = saved.stale;
    this.#best = saved.best;
    this.#curve = [...saved.curve];
    this.#evaluations = [...saved.evaluations];
    for (const [key, { dims, data }] of saved.tensors)
      this.#session.state.set(key, dims, Float32Array.from(data as Float32Array));
    this.#context.note(`going on after step ${saved.step}`);
  }

  async #refuse(feeds: StepFeeds, batch: TrainingBatch): Promise<never> {
    const where = await culprit(this.#student, this.#weights(), feeds.inputs, this.#context);
    const rows = batch.rows.length > 0 ? ` (rows ${batch.rows.slice(0, 3).join(', ')}, ...)` : '';
    throw new LlmcError(
      'DIVERGED',
      `the loss is no number any more at step ${this.#step + 1}${rows}: ${where}`,
      {
        hint: 'use a smaller --lr, --clip-grad 1, or a --warmup',
      },
    );
  }
}

function termWeight({ terms }: Objective, name: string, done: number): number {
  const term = terms.find(({ loss }) => `weight ${loss.name}` === name);
  if (!term) throw new Error(`nobody says what '${name}' is`);
  return weightAt(term, done);
}
