/** How much the loss changes when slices of weights are turned down: first-order Taylor terms, batch by batch. */
import type { HostTensor } from '../data/host-tensor.ts';
import { LlmcError } from '../errors.ts';
import { Formula } from '../ir/formula.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Value } from '../ir/value.ts';
import { encodeModel } from '../onnx/write.ts';
import { openSession, type Session } from '../runtime/session.ts';
import type { Context } from '../step.ts';
import { backward } from './graph/backward.ts';
import { decompose } from './graph/decompose.ts';
import { classAxisFor, scoresOf } from './graph/scores.ts';
import { dimsOf } from './graph/sized.ts';
import { retype, specialize } from './graph/specialize.ts';
import { crossEntropy } from './losses/labels.ts';
import { inputsOf, openMaterial } from './material/material.ts';

/** Slices of a weight along one of its axes. */
export interface Slices {
  /** Name of an initializer. */
  readonly weight: string;
  readonly axis: number;
}

export interface SlopeOptions {
  readonly data: string;
  /** Rows that are looked at, at most. */
  readonly samples: number;
}

type Feeds = Readonly<Record<string, HostTensor>>;

const BATCH = 16;

/**
 * For each batch the sum over each slice of weight times gradient: the slope of the loss along a gate in front of it
 * (Molchanov et al. 2019, section 3.1). The loss is cross-entropy with the labels, or with what the model itself answers
 * where there are none.
 * @param model of which nothing is changed
 * @returns by `keyOf`, batch by batch; slices that no gradient reaches are missing
 * @throws LlmcError UNSUPPORTED naming an operator without a gradient, DATA where labels do not fit
 */
export async function gateSlopes(
  model: Model,
  slices: readonly Slices[],
  { data, samples }: SlopeOptions,
  context: Context,
): Promise<Map<string, Float64Array[]>> {
  const material = await openMaterial({ data, batch: BATCH, seed: null }, inputsOf(model), []);
  const found = new Map<string, Float64Array[]>();
  const compiled = new Map<string, Compiled>();
  const count = Math.min(material.stepsPerEpoch, Math.ceil(samples / material.batch));
  const progress = context.progress('slopes', count);
  try {
    let done = 0;
    for await (const { student: inputs, labels } of material.epoch(0)) {
      context.signal.throwIfAborted();
      const key = Object.values(inputs)
        .map(({ dims }) => dims.join())
        .join(';');
      const graph = compiled.get(key) ?? (await compile(model, slices, { inputs, labels }, context));
      compiled.set(key, graph);
      const given = {
        ...inputs,
        ...graph.weights,
        ...(labels && graph.labels ? { [graph.labels]: labels } : {}),
      };
      const results = await graph.session.run(given);
      for (const [slice, output] of graph.outputs) {
        const batches = found.get(slice) ?? [];
        batches.push(Float64Array.from(results[output]?.data as Float32Array));
        found.set(slice, batches);
      }
      progress.tick(1);
      if (++done === count) break;
    }
  } finally {
    progress.done();
    for (const { session } of compiled.values()) await session.release();
  }
  return found;
}

export function keyOf({ weight, axis }: Slices): string {
  return `${weight} ${axis}`;
}

interface Compiled {
  readonly session: Session;
  readonly weights: Feeds;
  readonly labels: string | null;
  /** Slices to names of outputs. */
  readonly outputs: ReadonlyMap<string, string>;
}

async function compile(
  given: Model,
  slices: readonly Slices[],
  { inputs, labels }: { readonly inputs: Feeds; readonly labels: HostTensor | null },
  context: Context,
): Promise<Compiled> {
  const names = new Set(slices.map(({ weight }) => weight));
  const { model, feeds } = await specialize(given, inputs, names, context);
  await decompose(model, (copy) => retype(copy, feeds));
  const { graph } = model;
  const f = new Formula(graph);
  const asked = lossOf(f, graph, labels);
  graph.outputs = [asked.loss];
  await retype(model, { ...feeds, ...(asked.labels && labels ? { [asked.labels.name]: labels } : {}) });
  const weights = new Map(
    graph.inputs.filter(({ name }) => names.has(name)).map((value) => [value.name, value]),
  );
  const gradients = backward(f, new Map([[asked.loss, f.scalar(1)]]), weights.values());
  const outputs = new Map<string, string>();
  const results: Value[] = [];
  for (const slice of slices) {
    const weight = weights.get(slice.weight);
    const gradient = weight && gradients.get(weight);
    if (!weight || !gradient || outputs.has(keyOf(slice))) continue;
    const others = dimsOf(weight).flatMap((_, axis) => (axis === slice.axis ? [] : [axis]));
    const slope = f.op('Identity', [f.sum(f.mul(gradient, weight), others, false)]);
    slope.type = { dtype: 'float32', shape: [dimsOf(weight)[slice.axis] ?? 1] };
    outputs.set(keyOf(slice), slope.name);
    results.push(slope);
  }
  if (results.length === 0)
    throw new LlmcError('UNSUPPORTED', 'no gradient reaches the weights that are to be judged', {
      hint: 'use another --importance',
    });
  graph.outputs = results;
  graph.valueInfo = [];
  const session = await openSession({ model: encodeModel(model) }, { threads: context.threads });
  const own = Object.fromEntries(
    [...weights.keys()].flatMap((name) => (feeds[name] ? [[name, feeds[name]]] : [])),
  );
  return { session, weights: own, labels: asked.labels?.name ?? null, outputs };
}

function lossOf(
  f: Formula,
  graph: Graph,
  labels: HostTensor | null,
): { readonly loss: Value; readonly labels: Value | null } {
  const output = graph.outputs.find(({ dtype }) => dtype === 'float32');
  if (!output)
    throw new LlmcError('UNSUPPORTED', 'the model has no float32 output whose change could be judged', {
      hint: 'use another --importance',
    });
  const student = scoresOf(output);
  const dims = dimsOf(student);
  const usable = labels?.dtype.startsWith('int') ? labels : null;
  const classAxis = classAxisFor(dims, usable?.dims ?? null);
  if (!usable) {
    const found = f.op('LogSoftmax', [student], { attributes: { axis: { kind: 'int', value: classAxis } } });
    const own = f.op('ReduceMax', [found, f.vector([classAxis])]);
    return { loss: f.neg(f.mean(own, null, false)), labels: null };
  }
  const input = graph.value('labels');
  input.type = { dtype: usable.dtype as 'int64', shape: usable.dims };
  graph.inputs = [...graph.inputs, input];
  const settings = { temperature: 1, smoothing: 0 };
  const scope = {
    f,
    student,
    teacher: null,
    labels: input,
    classAxis,
    counted: null,
    settings,
    shape: dimsOf,
  };
  return { loss: crossEntropy.build(scope), labels: input };
}
