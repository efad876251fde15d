/** Layer by layer: every value two variants of a model both compute, compared on the same inputs. */
import { freemem } from 'node:os';
import { asFloats } from '../../data/cast.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { Similarity } from '../../numeric/similarity.ts';
import type { OpenedModel } from '../../onnx/read.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import type { InputBatch } from '../../runtime/inputs.ts';
import { inferTypes } from '../../runtime/shapes.ts';
import type { Context } from '../../step.ts';
import { type ComputedValue, computedValues } from './computed.ts';
import { ExposedSession } from './exposed-session.ts';
import { groupBySize } from './groups.ts';
import { withoutMasks } from './masks.ts';
import { match, type Pair } from './match.ts';
import { addedNoise, CLEAN_DB, InputNoise } from './rank.ts';
import { replay } from './replay.ts';
import { type Sketch, sketch } from './sketch.ts';

/** What a node of the first model makes, against its counterpart. */
export interface LayerFidelity extends Pair {
  /** Null when both are equal, or were zero throughout. */
  readonly sqnrDb: number | null;
  readonly cosine: number | null;
  readonly maxAbsError: number;
  /** Ratio of the worst input of the node; CLEAN_DB where nothing differs. */
  readonly inputDb: number;
  /** Noise power the node adds, relative to its signal; negative where it takes noise out. */
  readonly added: number;
}

export interface LayerComparison {
  /** In the order of computation. */
  readonly layers: readonly LayerFidelity[];
  /** Values of the first model that could not be compared, by reason. */
  readonly left: ReadonlyMap<string, readonly string[]>;
  readonly rows: number;
}

/** The same rows for both models. */
export interface ComparisonInputs {
  /** The same batches at every call, feeds for the first model. */
  batches(): AsyncIterable<InputBatch>;
  /** Feeds for the second model. */
  adapt(feeds: Feeds): Feeds;
  /** Rows in all, for the display. */
  readonly rows: number;
}

/** Values held in memory at once, both models together: this share of what is free, between these bounds. */
const SHARE_OF_FREE = 8;
const LEAST_BYTES = 256 << 20;
const MOST_BYTES = 1 << 30;
const TURNS = 'it is inside a loop whose values change shape from turn to turn';

/**
 * Memory does not grow with the rows: values are fetched in groups of at most `budgetBytes`, a row at a time.
 * @throws LlmcError RUNTIME when the runtime refuses a model that shows its values
 */
export async function compareLayers(
  before: OpenedModel,
  after: OpenedModel,
  source: ComparisonInputs,
  context: Context,
  budgetBytes = defaultBudget(),
): Promise<LayerComparison> {
  const inputs = { ...source, batches: replay(() => source.batches()) };
  const first = await firstBatch(inputs);
  await learnTypes(before, first.feeds, context);
  await learnTypes(after, inputs.adapt(first.feeds), context);
  const half = budgetBytes / 2;
  const left = new Map<string, string[]>();
  const ours = await sketches(before, first.feeds, half, context);
  const theirs = await sketches(after, inputs.adapt(first.feeds), half, context);
  const { pairs, alone } = match(ours.values, theirs.values, new Map([...ours.found, ...theirs.found]));
  for (const [{ value }, why] of alone) append(left, why, value.name);
  for (const { value } of ours.turns) append(left, TURNS, value.name);
  const meters = new Map(pairs.map((pair) => [pair, new Similarity()]));
  const rows = await measure({ before, after, inputs, budgetBytes, context }, meters);
  return { layers: judge(before.model, meters, left), left, rows };
}

function defaultBudget(): number {
  return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, freemem() / SHARE_OF_FREE));
}

async function firstBatch(inputs: ComparisonInputs): Promise<InputBatch> {
  for await (const batch of inputs.batches()) return batch;
  throw new LlmcError('DATA', 'there are no rows to compare on', { hint: 'give at least one row of data' });
}

/** Values that neither the runtime nor the file gives a type cannot be compared. */
async function learnTypes({ model, path }: OpenedModel, feeds: Feeds, context: Context): Promise<void> {
  for (const { graph, reason } of await inferTypes(model, sizesOf(model, feeds)))
    context.warn(`${path}: types in graph '${graph}' are taken from the file: ${reason}`);
}

/** Sizes of the symbolic dims of a model's inputs. */
function sizesOf(model: Model, feeds: Feeds): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const input of model.graph.inputs)
    for (const [axis, dim] of (input.type?.shape ?? []).entries()) {
      const size = feeds[input.name]?.dims[axis];
      if (typeof dim === 'string' && size !== undefined) sizes[dim] = size;
    }
  return sizes;
}

interface Sketched {
  readonly values: readonly ComputedValue[];
  readonly found: ReadonlyMap<Value, Sketch>;
  /** Values of loops that could not be fetched. */
  readonly turns: readonly ComputedValue[];
}

/** Runs one row and keeps a few elements of every value. */
async function sketches(
  { model, path }: OpenedModel,
  feeds: Feeds,
  budget: number,
  context: Context,
): Promise<Sketched> {
  const all = computedValues(model);
  const attempt = async (values: readonly ComputedValue[]): Promise<Map<Value, Sketch>> => {
    const found = new Map<Value, Sketch>();
    for (const group of groupBySize(values, ({ value }) => [value], budget)) {
      context.signal.throwIfAborted();
      const wanted = new Set(group.map(({ value }) => value));
      const session = await ExposedSession.open(model, path, wanted, context);
      try {
        for (const [value, tensor] of await session.run(feeds)) {
          const made = sketch(tensor);
          if (made) found.set(value, made);
        }
      } finally {
        await session.release();
      }
    }
    return found;
  };
  const turns = all.filter(({ repeated }) => repeated);
  try {
    return { values: all, found: await attempt(all), turns: [] };
  } catch (error) {
    if (turns.length === 0 || !(error instanceof LlmcError) || error.code !== 'RUNTIME') throw error;
    const values = all.filter(({ repeated }) => !repeated).map((value, order) => ({ ...value, order }));
    return { values, found: await attempt(values), turns };
  }
}

interface Measurement {
  readonly before: OpenedModel;
  readonly after: OpenedModel;
  readonly inputs: ComparisonInputs;
  readonly budgetBytes: number;
  readonly context: Context;
}

/** Runs all rows through both models, group by group; returns how many rows there were. */
async function measure(
  { before, after, inputs, budgetBytes, context }: Measurement,
  meters: ReadonlyMap<Pair, Similarity>,
): Promise<number> {
  const groups = groupBySize(
    [...meters.keys()],
    (pair) => [pair.before.value, pair.after.value],
    budgetBytes,
  );
  const progress = context.progress('comparing layers', groups.length * inputs.rows);
  let rows = 0;
  for (const group of groups) {
    rows = 0;
    const ours = await ExposedSession.open(
      before.model,
      before.path,
      new Set(group.map((pair) => pair.before.value)),
      context,
    );
    try {
      const wanted = new Set(group.map((pair) => pair.after.value));
      const theirs = await ExposedSession.open(after.model, after.path, wanted, context);
      try {
        for await (const { feeds, size } of inputs.batches()) {
          context.signal.throwIfAborted();
          addRow(group, await ours.run(feeds), await theirs.run(inputs.adapt(feeds)), meters);
          rows += size;
          progress.tick(size);
        }
      } finally {
        await theirs.release();
      }
    } finally {
      await ours.release();
    }
  }
  progress.done();
  return rows;
}

type Values = ReadonlyMap<Value, HostTensor>;

function addRow(
  group: readonly Pair[],
  ours: Values,
  theirs: Values,
  meters: ReadonlyMap<Pair, Similarity>,
): void {
  for (const pair of group) {
    const [a, b] = [ours.get(pair.before.value), theirs.get(pair.after.value)];
    if (!a || !b || a.dims.join() !== b.dims.join()) continue;
    const [x, y] = [asFloats(a), asFloats(b)];
    if (x && y) meters.get(pair)?.add(...withoutMasks(x, y));
  }
}

function judge(
  model: Model,
  meters: ReadonlyMap<Pair, Similarity>,
  left: Map<string, string[]>,
): LayerFidelity[] {
  const noise = new Map<Value, number>();
  for (const [{ before }, { sqnrDb }] of meters)
    noise.set(before.value, Math.min(sqnrDb ?? CLEAN_DB, CLEAN_DB));
  const inputNoise = new InputNoise(model, noise);
  const layers: LayerFidelity[] = [];
  for (const [pair, meter] of meters) {
    if (meter.count === 0) {
      append(left, 'no row reached it', pair.before.value.name);
      continue;
    }
    const inputDb = inputNoise.of(pair.before.node);
    const added = addedNoise(noise.get(pair.before.value) ?? CLEAN_DB, inputDb);
    const { sqnrDb, cosine, maxAbsError } = meter;
    layers.push({ ...pair, sqnrDb, cosine, maxAbsError, inputDb, added });
  }
  return layers;
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key) ?? [];
  list.push(item);
  lists.set(key, list);
}
