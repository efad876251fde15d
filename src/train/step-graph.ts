/** One training step as one ordinary model: forward, loss, gradients, optimizer. */
import type { HostTensor } from '../data/host-tensor.ts';
import { LlmcError } from '../errors.ts';
import { Formula } from '../ir/formula.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Value } from '../ir/value.ts';
import { runPasses } from '../passes/pass.ts';
import { removeDead } from '../passes/remove-dead.ts';
import type { Context } from '../step.ts';
import { backward } from './backward.ts';
import { type Running, trainBatchNorms } from './batch-norms.ts';
import type { Carried } from './carried.ts';
import { decompose } from './decompose.ts';
import { hintLoss, type Projection } from './hints.ts';
import type { LossScope } from './losses/loss.ts';
import type { Objective } from './objective.ts';
import type { Optimizer, OptimizerSettings } from './optimizers/optimizer.ts';
import { classAxisFor, scoresOf } from './scores.ts';
import { retype, specialize } from './specialize.ts';

type Feeds = Readonly<Record<string, HostTensor>>;

export interface StepOptions {
  readonly objective: Objective;
  /** The output the losses look at. */
  readonly output: string;
  /** Names of the initializers that are trained. */
  readonly trained: ReadonlySet<string>;
  /** Weight decay of a parameter. */
  readonly decay: (name: string) => number;
  readonly optimizer: Optimizer;
  readonly settings: OptimizerSettings;
  /** Largest norm of all gradients together; null for any. */
  readonly clip: number | null;
  /** Share of the average of weights that stays from step to step; null for no average. */
  readonly ema: number | null;
  readonly frozenBatchNorm: boolean;
  /** Batches whose gradients are summed up before the weights change. */
  readonly accumulate: number;
}

/** What one step is fed. */
export interface StepFeeds {
  readonly inputs: Feeds;
  readonly labels: HostTensor | null;
  /** The teachers' scores, their mean where there are several. */
  readonly scores: HostTensor | null;
  /** Values of the teacher by the names of hints. */
  readonly hints: Feeds;
}

export interface StepGraph {
  readonly model: Model;
  readonly carried: readonly Carried[];
  /** Weights that belong to the training and not to the student. */
  readonly projections: readonly Projection[];
  /** Name of the scalar loss, and of its parts. */
  readonly loss: string;
  readonly terms: ReadonlyMap<string, string>;
  /** Names of what is fed beside inputs and carried tensors; `null` where nothing is. */
  readonly feeds: {
    readonly labels: string | null;
    readonly scores: string | null;
    readonly hints: ReadonlyMap<string, string>;
    /** Scalars: `rate`, those of the optimizer, `weight <loss>`, and `apply`, which is 1 where weights change. */
    readonly scalars: ReadonlyMap<string, string>;
  };
}

/** The label that does not count (the convention of PyTorch's losses). */
const IGNORED = -100;

/**
 * The graph of a step for feeds of these shapes.
 * @throws LlmcError UNSUPPORTED for operators without gradients, DATA where outputs, labels and teacher do not fit
 */
export async function buildStep(
  student: Model,
  options: StepOptions,
  feeds: StepFeeds,
  context: Context,
): Promise<StepGraph> {
  const model = await specialize(student, feeds.inputs, context);
  await decompose(model, (copy) => retype(copy, feeds.inputs));
  const { graph } = model;
  const f = new Formula(graph);
  const running = options.frozenBatchNorm ? [] : trainBatchNorms(graph, f);
  const writer = new StepWriter(graph, f, options);
  const objective = writer.objective(feeds, context.seed);
  const fed = { ...feeds.inputs, ...writer.examples };
  graph.outputs = [...graph.outputs, objective.loss];
  await retype(model, fed);
  const parameters = [...graph.initializers].filter(
    (value) => options.trained.has(value.name) || objective.projections.some((one) => one.value === value),
  );
  const gradients = backward(f, new Map([[objective.loss, f.scalar(1)]]), parameters);
  const reached = parameters.filter((value) => gradients.has(value));
  if (reached.length === 0)
    throw new LlmcError(
      'UNSUPPORTED',
      `the output '${options.output}' depends on no parameter that is trained`,
      {
        hint: 'freeze less, or name another output',
      },
    );
  writer.update(reached, gradients, running);
  const terms = [...objective.terms.values()]
    .map((name) => objective.values.get(name))
    .filter((one) => !!one);
  graph.outputs = [objective.loss, ...terms, ...writer.results];
  graph.valueInfo = [];
  await runPasses(model, [removeDead], context);
  writer.turnIntoInputs();
  return {
    model,
    carried: writer.carried,
    projections: objective.projections,
    loss: objective.loss.name,
    terms: objective.terms,
    feeds: {
      labels: writer.fed('labels'),
      scores: writer.fed('scores'),
      hints: writer.hints,
      scalars: writer.scalars,
    },
  };
}

interface WrittenObjective {
  readonly loss: Value;
  /** Name of a term to the name of its value. */
  readonly terms: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, Value>;
  readonly projections: readonly (Projection & { readonly value: Value })[];
}

/** Writes the parts of a step behind the forward graph. */
class StepWriter {
  readonly carried: Carried[] = [];
  readonly results: Value[] = [];
  readonly scalars = new Map<string, string>();
  readonly hints = new Map<string, string>();
  /** Feeds of the right shape for everything added, for a run that only looks at shapes. */
  readonly examples: Record<string, HostTensor> = {};
  readonly #graph: Graph;
  readonly #f: Formula;
  readonly #options: StepOptions;
  readonly #inputs = new Map<string, Value>();
  readonly #parameters: Value[] = [];

  constructor(graph: Graph, f: Formula, options: StepOptions) {
    this.#graph = graph;
    this.#f = f;
    this.#options = options;
  }

  objective(feeds: StepFeeds, seed: number): WrittenObjective {
    const f = this.#f;
    const { objective, output } = this.#options;
    const student = scoresOf(this.#named(output));
    const dims = dimsOf(student);
    if (feeds.scores && String(feeds.scores.dims) !== String(dims))
      throw new LlmcError(
        'DATA',
        `the teacher's output has the shape [${feeds.scores.dims}], the student's '${output}' [${dims}]`,
        { hint: 'a student learns the classes of its teacher; compare both with `llmc inspect`' },
      );
    const labels = feeds.labels && this.#feed('labels', feeds.labels);
    const crossed = objective.terms.some(({ loss }) => loss.name === 'ce');
    const classAxis = classAxisFor(dims, crossed ? (feeds.labels?.dims ?? null) : null);
    const scope: LossScope = {
      f,
      student,
      teacher: feeds.scores && this.#feed('scores', feeds.scores),
      labels,
      classAxis,
      counted:
        crossed && labels && feeds.labels ? this.#counted(labels, feeds.labels, dims, classAxis) : null,
      settings: objective.settings,
      shape: dimsOf,
    };
    const parts: { name: string; value: Value; weight: Value }[] = objective.terms.map(({ loss }) => ({
      name: loss.name,
      value: loss.build(scope),
      weight: this.#scalar(`weight ${loss.name}`),
    }));
    const projections: (Projection & { value: Value })[] = [];
    for (const hint of objective.hints) {
      const name = `${hint.teacher}:${hint.student}`;
      const wanted = feeds.hints[name];
      if (!wanted) throw new Error(`the teacher gave nothing for ${name}`);
      const value = this.#named(hint.student);
      const teacher = this.#feed(`hint ${name}`, wanted);
      this.hints.set(name, teacher.name);
      const made = hintLoss(
        f,
        name,
        { value, dims: dimsOf(value) },
        { value: teacher, dims: wanted.dims },
        seed,
      );
      if (made.projection) projections.push(made.projection);
      parts.push({ name: `hint ${name}`, value: made.loss, weight: f.scalar(hint.weight) });
    }
    const weighted = parts.map(({ value, weight }) => f.mul(value, weight));
    const [first, ...rest] = weighted;
    if (!first)
      throw new LlmcError('USAGE', 'there is nothing to learn from', { hint: 'give a teacher or labels' });
    return {
      loss: rest.reduce((sum, part) => f.add(sum, part), first),
      terms: new Map(parts.map(({ name, value }) => [name, value.name])),
      values: new Map(parts.map(({ value }) => [value.name, value])),
      projections,
    };
  }

  update(
    parameters: readonly Value[],
    gradients: ReadonlyMap<Value, Value>,
    running: readonly Running[],
  ): void {
    const f = this.#f;
    const { optimizer, settings, decay, ema, accumulate } = this.#options;
    const rate = this.#scalar('rate');
    const apply = accumulate > 1 ? f.greater(this.#scalar('apply'), 0.5) : null;
    const summed = parameters.map((weight) =>
      this.#accumulated(weight, gradients.get(weight) as Value, apply),
    );
    const clipped = this.#clipped(summed.map(({ gradient }) => gradient));
    for (const [at, weight] of parameters.entries()) {
      const slots = optimizer.slots(settings).map((slot) => this.#carry(weight, slot));
      const made = optimizer.update({
        f,
        weight,
        gradient: clipped[at] as Value,
        slots: slots.map(({ before }) => before),
        rate,
        scalar: (name) => this.#scalar(name),
        decay: decay(weight.name),
        settings,
      });
      const settle = (next: Value, before: Value) => (apply ? f.where(apply, next, before) : next);
      const next = settle(made.weight, weight);
      this.#parameters.push(weight);
      this.#result({ key: weight.name, input: weight.name, dims: dimsOf(weight) }, next);
      for (const [slot, { key, before }] of slots.entries())
        this.#result(
          { key, input: before.name, dims: dimsOf(weight) },
          settle(made.slots[slot] as Value, before),
        );
      if (ema !== null) {
        const { key, before } = this.#carry(weight, 'ema');
        const average = f.add(f.mul(before, ema), f.mul(next, 1 - ema));
        this.#result({ key, input: before.name, dims: dimsOf(weight) }, settle(average, before));
      }
    }
    for (const { before, after } of running) {
      this.#parameters.push(before);
      this.#result({ key: before.name, input: before.name, dims: dimsOf(before) }, after);
    }
  }

  /** Carried tensors stay constants until their shapes have been asked for. */
  turnIntoInputs(): void {
    const graph = this.#graph;
    for (const value of this.#parameters) {
      value.tensor = null;
      graph.initializers.delete(value);
    }
    graph.inputs = [...graph.inputs, ...this.#parameters];
    graph.outputs = graph.outputs.filter((value) => value.producer);
  }

  fed(name: string): string | null {
    return this.#inputs.get(name)?.name ?? null;
  }

  /** The sum of gradients of the batches so far, and whether it is used now. */
  #accumulated(weight: Value, gradient: Value, apply: Value | null): { gradient: Value } {
    if (!apply) return { gradient };
    const f = this.#f;
    const { key, before } = this.#carry(weight, 'sum');
    const total = f.add(before, f.div(gradient, this.#options.accumulate));
    this.#result({ key, input: before.name, dims: dimsOf(weight) }, f.where(apply, f.mul(total, 0), total));
    return { gradient: total };
  }

  /** Gradients scaled so that their common norm is at most `clip` (Pascanu et al. 2013, algorithm 1). */
  #clipped(gradients: readonly Value[]): readonly Value[] {
    const { clip } = this.#options;
    if (clip === null) return gradients;
    const f = this.#f;
    const squares = gradients.map((gradient) => f.sum(f.square(gradient), null, false));
    const norm = f.sqrt(squares.length === 1 ? (squares[0] as Value) : f.op('Sum', squares));
    const factor = f.min(f.div(clip, f.add(norm, 1e-6)), 1);
    return gradients.map((gradient) => f.mul(gradient, factor));
  }

  /** 1 for positions whose label counts, null where all of a batch's shape must. */
  #counted(labels: Value, { dtype }: HostTensor, scores: readonly number[], classAxis: number): Value | null {
    if (!dtype.startsWith('int')) return null;
    const f = this.#f;
    const positions = scores.filter((_, axis) => axis !== classAxis);
    return f.reshape(
      f.cast(f.op('Not', [f.equal(f.cast(labels, 'float32'), IGNORED)]), 'float32'),
      positions,
    );
  }

  #result(carried: Omit<Carried, 'output'>, value: Value): void {
    this.carried.push({ ...carried, output: value.name });
    this.results.push(value);
  }

  /** Something remembered of a weight, in its shape. */
  #carry(weight: Value, slot: string): { readonly key: string; readonly before: Value } {
    const before = this.#graph.value(`${weight.name}_${slot}`);
    before.type = { dtype: 'float32', shape: dimsOf(weight) };
    this.#graph.inputs = [...this.#graph.inputs, before];
    return { key: `${weight.name}/${slot}`, before };
  }

  #scalar(name: string): Value {
    const known = this.#inputs.get(name);
    if (known) return known;
    const made = this.#feed(name, { dtype: 'float32', dims: [], data: Float32Array.of(1) });
    this.scalars.set(name, made.name);
    return made;
  }

  #feed(name: string, like: HostTensor): Value {
    const value = this.#graph.value(name.replace(/[^\w.]+/g, '_'));
    value.type = { dtype: like.dtype as 'float32', shape: like.dims };
    this.#graph.inputs = [...this.#graph.inputs, value];
    this.#inputs.set(name, value);
    this.examples[value.name] = like;
    return value;
  }

  #named(name: string): Value {
    for (const value of this.#graph.outputs) if (value.name === name) return value;
    for (const node of this.#graph) for (const value of node.outputs) if (value?.name === name) return value;
    throw new LlmcError('USAGE', `the student has no value '${name}'`, {
      hint: 'see names with `llmc inspect --verbose`',
    });
  }
}

function dimsOf(value: Value): readonly number[] {
  const shape = value.tensor?.dims ?? value.type?.shape;
  if (shape?.every((dim) => typeof dim === 'number')) return shape as readonly number[];
  throw new LlmcError('UNSUPPORTED', `the shape of '${value.name}' depends on the data`, {
    hint: 'train on another output',
  });
}
