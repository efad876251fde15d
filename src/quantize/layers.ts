/** Where a result falls apart: the layers of the input model that lose most in it. */
import { openModel } from '../onnx/read.ts';
import { compareLayers } from '../probe/layers/compare-layers.ts';
import { CLEAN_DB as EQUAL_DB } from '../probe/layers/rank.ts';
import { formatDb } from '../report/units.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import { type ModelInputs, openInputs } from '../runtime/inputs.ts';
import { openSession } from '../runtime/session.ts';
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

/** Inputs of this quality are to nobody's harm. */
const CLEAN_DB = 80;
const ROWS = 1;

/** The nodes of the input model by the noise they add to one input, those that add most first. */
export async function worstLayers(
  before: string,
  after: string,
  data: string | undefined,
  context: Context,
): Promise<LayerLoss[]> {
  const { inputs, adapt } = await inputsFor(before, after, data, context);
  const { layers } = await compareLayers(
    openModel(before),
    openModel(after),
    { batches: () => inputs.batches(ROWS), adapt, rows: ROWS },
    context,
  );
  return [...layers]
    .sort((a, b) => b.added - a.added)
    .map((layer) => {
      const sqnrDb = Math.min(layer.sqnrDb ?? EQUAL_DB, EQUAL_DB);
      const { node, value } = layer.before;
      return { node: node.label, value: value.name, sqnrDb, lossDb: layer.inputDb - sqnrDb };
    });
}

/** Inputs that suit the input model, and how the result takes them. */
async function inputsFor(
  before: string,
  after: string,
  data: string | undefined,
  context: Context,
): Promise<{ inputs: ModelInputs; adapt: ReturnType<typeof feedAdapter> }> {
  const session = await openSession(before, { threads: context.threads });
  try {
    const inputs = await openInputs(session, {
      seed: context.seed,
      signal: context.signal,
      rows: ROWS,
      ...(data === undefined ? {} : { data }),
    });
    const candidate = await openSession(after, { threads: context.threads });
    try {
      return { inputs, adapt: feedAdapter(inputs.inputs, candidate.inputs) };
    } finally {
      await candidate.release();
    }
  } finally {
    await session.release();
  }
}
