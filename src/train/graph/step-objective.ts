/** The middle of a step: what the student's answers are compared with, and how much each comparison counts. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import type { Formula } from '../../ir/formula.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Value } from '../../ir/value.ts';
import type { LossScope } from '../losses/loss.ts';
import { hintLoss, type Projection } from './hints.ts';
import { classAxisFor, scoresOf } from './scores.ts';
import { dimsOf } from './sized.ts';
import type { StepInputs } from './step-inputs.ts';
import type { StepFeeds, StepOptions } from './step-types.ts';

/** The label that does not count (the convention of PyTorch's losses). */
const IGNORED = -100;

export interface WrittenObjective {
  readonly loss: Value;
  /** Name of a term to the name of its value. */
  readonly terms: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, Value>;
  /** Name of a hint to the input it is fed through. */
  readonly hints: ReadonlyMap<string, string>;
  readonly projections: readonly (Projection & { readonly value: Value })[];
}

/**
 * Writes the losses behind the forward graph, whose values have types with all sizes.
 * @throws LlmcError DATA where outputs, labels and teacher do not fit, USAGE for values there are not
 */
export function writeObjective(
  f: Formula,
  options: StepOptions,
  inputs: StepInputs,
  feeds: StepFeeds,
  seed: number,
): WrittenObjective {
  const { graph } = f;
  const { objective, output } = options;
  const hintInputs = new Map<string, string>();
  const student = scoresOf(valueNamed(graph, output));
  const dims = dimsOf(student);
  if (feeds.scores && String(feeds.scores.dims) !== String(dims))
    throw new LlmcError(
      'DATA',
      `the teacher's output has the shape [${feeds.scores.dims}], the student's '${output}' [${dims}]`,
      { hint: 'a student learns the classes of its teacher; compare both with `llmc inspect`' },
    );
  const labels = feeds.labels && inputs.feed('labels', feeds.labels);
  const crossed = objective.terms.some(({ loss }) => loss.name === 'ce');
  const classAxis = classAxisFor(dims, crossed ? (feeds.labels?.dims ?? null) : null);
  const scope: LossScope = {
    f,
    student,
    teacher: feeds.scores && inputs.feed('scores', feeds.scores),
    labels,
    classAxis,
    counted: crossed && labels && feeds.labels ? countedIn(f, labels, feeds.labels, dims, classAxis) : null,
    settings: objective.settings,
    shape: dimsOf,
  };
  const parts: { name: string; value: Value; weight: Value }[] = objective.terms.map(({ loss }) => ({
    name: loss.name,
    value: loss.build(scope),
    weight: inputs.scalar(`weight ${loss.name}`),
  }));
  const projections: (Projection & { value: Value })[] = [];
  for (const hint of objective.hints) {
    const name = `${hint.teacher}:${hint.student}`;
    const wanted = feeds.hints[name];
    if (!wanted) throw new Error(`the teacher gave nothing for ${name}`);
    const value = valueNamed(graph, hint.student);
    const teacher = inputs.feed(`hint ${name}`, wanted);
    hintInputs.set(name, teacher.name);
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
    hints: hintInputs,
  };
}

/** 1 for positions whose label counts, null where all of a batch's shape must. */
function countedIn(
  f: Formula,
  labels: Value,
  { dtype }: HostTensor,
  scores: readonly number[],
  classAxis: number,
): Value | null {
  if (!dtype.startsWith('int')) return null;
  const positions = scores.filter((_, axis) => axis !== classAxis);
  return f.reshape(f.cast(f.op('Not', [f.equal(f.cast(labels, 'float32'), IGNORED)]), 'float32'), positions);
}

function valueNamed(graph: Graph, name: string): Value {
  for (const value of graph.outputs) if (value.name === name) return value;
  for (const node of graph) for (const value of node.outputs) if (value?.name === name) return value;
  throw new LlmcError('USAGE', `the student has no value '${name}'`, {
    hint: 'see names with `llmc inspect --verbose`',
  });
}
