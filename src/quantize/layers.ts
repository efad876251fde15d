/** Where a result falls apart: every value both models compute, compared on one input, worst loss first. */
import { asFloats } from '../data/cast.ts';
import type { Model } from '../ir/model.ts';
import { Similarity } from '../numeric/similarity.ts';
import { cloneModel, openModel } from '../onnx/read.ts';
import { encodeModel } from '../onnx/write.ts';
import { formatDb } from '../report/units.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import { openInputs } from '../runtime/inputs.ts';
import { openSession, type Session } from '../runtime/session.ts';
import type { Context } from '../step.ts';

export interface LayerLoss {
  /** The node of the input model that makes the value. */
  readonly node: string;
  readonly value: string;
  /** Signal-to-noise ratio of the value against the input model's. */
  readonly sqnrDb: number;
  /** Decibels lost by this node: the worst of its inputs minus its output. */
  readonly lossDb: number;
}

/** One line about a layer: what its output is like, and what it had to work with. */
export function describeLoss({ node, sqnrDb, lossDb }: LayerLoss): string {
  const inputDb = sqnrDb + lossDb;
  const inputs = inputDb >= CLEAN_DB ? 'from clean inputs' : `from inputs of ${formatDb(inputDb)}`;
  return `${node}: ${formatDb(sqnrDb)}, ${inputs}`;
}

/** Inputs that were not touched count as this clean. */
const CLEAN_DB = 80;
/** Values above this many elements in all are not compared. */
const LIMIT_BYTES = 1 << 30;

/** The nodes of both models, those that lose most first; empty for models too large to be run from memory. */
export async function worstLayers(
  before: string,
  after: string,
  data: string | undefined,
  context: Context,
): Promise<LayerLoss[]> {
  const [ours, theirs] = [openModel(before), openModel(after)];
  if (ours.headerBytes + theirs.headerBytes > LIMIT_BYTES) return [];
  if (ours.externalFiles.length + theirs.externalFiles.length > 0) return [];
  const shared = sharedValues(ours.model, theirs.model);
  const baseline = await openSession(
    { model: exposing(ours.model, shared) },
    { threads: context.threads, optimize: 'basic' },
  );
  try {
    const candidate = await openSession(
      { model: exposing(theirs.model, shared) },
      { threads: context.threads, optimize: 'basic' },
    );
    try {
      const noise = await measure(baseline, candidate, data, context);
      return rank(ours.model, noise);
    } finally {
      await candidate.release();
    }
  } finally {
    await baseline.release();
  }
}

/** Names of float values that nodes of both main graphs compute. */
function sharedValues(a: Model, b: Model): Set<string> {
  const names = (model: Model): Set<string> => {
    const found = new Set<string>();
    for (const node of model.graph) for (const value of node.outputs) if (value) found.add(value.name);
    return found;
  };
  const other = names(b);
  return new Set([...names(a)].filter((name) => other.has(name)));
}

function exposing(model: Model, names: ReadonlySet<string>): Uint8Array {
  const copy = cloneModel(model);
  const present = new Set(copy.graph.outputs);
  for (const node of copy.graph)
    for (const value of node.outputs)
      if (value && names.has(value.name) && !present.has(value)) {
        // onnxruntime finds the type itself; the file's may be wrong.
        value.type = null;
        value.rest = null;
        copy.graph.outputs.push(value);
      }
  return encodeModel(copy);
}

async function measure(
  baseline: Session,
  candidate: Session,
  data: string | undefined,
  context: Context,
): Promise<Map<string, number>> {
  const inputs = await openInputs(baseline, {
    seed: context.seed,
    signal: context.signal,
    rows: 1,
    ...(data === undefined ? {} : { data }),
  });
  const adapt = feedAdapter(inputs.inputs, candidate.inputs);
  const noise = new Map<string, number>();
  for await (const { feeds } of inputs.batches(1)) {
    const expected = await baseline.run(feeds);
    const actual = await candidate.run(adapt(feeds));
    for (const [name, tensor] of Object.entries(expected)) {
      const other = actual[name];
      if (!other || !/^(b?float|double)/.test(tensor.dtype) || other.dims.join() !== tensor.dims.join())
        continue;
      const [x, y] = [asFloats(tensor), asFloats(other)];
      if (!x || !y) continue;
      const similarity = new Similarity();
      similarity.add(x, y);
      noise.set(name, Math.min(CLEAN_DB, similarity.sqnrDb ?? CLEAN_DB));
    }
    break;
  }
  return noise;
}

/**
 * By the noise a node adds, relative to its signal. Decibels lost would always name the first layers, whose inputs are
 * clean: from 80 dB to 30 is much of a fall and little noise.
 */
function rank(model: Model, noise: ReadonlyMap<string, number>): LayerLoss[] {
  const losses: LayerLoss[] = [];
  for (const node of model.graph) {
    const value = node.output();
    const sqnrDb = value && noise.get(value.name);
    if (!value || sqnrDb === undefined || sqnrDb === null) continue;
    const inputs = node.inputs.map((input) => (input && noise.get(input.name)) ?? CLEAN_DB);
    losses.push({ node: node.label, value: value.name, sqnrDb, lossDb: Math.min(...inputs) - sqnrDb });
  }
  return losses.sort((a, b) => addedNoise(b) - addedNoise(a));
}

function addedNoise({ sqnrDb, lossDb }: LayerLoss): number {
  return 10 ** (-sqnrDb / 10) - 10 ** (-(sqnrDb + lossDb) / 10);
}
