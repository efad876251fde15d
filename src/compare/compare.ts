/** Compares two variants of a model: their outputs as deployed, then every value both compute, layer by layer. */

import { stat } from 'node:fs/promises';
import { freemem } from 'node:os';
import { LlmcError } from '../errors.ts';
import { type OpenedModel, openModel } from '../onnx/read.ts';
import { compareLayers, type LayerFidelity } from '../probe/layers/compare-layers.ts';
import { CLEAN_DB } from '../probe/layers/rank.ts';
import { touchedPairs } from '../probe/layers/touched.ts';
import { modelNames } from '../report/model-names.ts';
import { modelRecord } from '../report/record.ts';
import type { Fidelity, LayerRecord, Report } from '../report/schema.ts';
import { formatBytes } from '../report/units.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import { FidelityMeter } from '../runtime/fidelity.ts';
import { type ModelInputs, openInputs } from '../runtime/inputs.ts';
import { openSession, type Session } from '../runtime/session.ts';
import type { Context } from '../step.ts';
import { requireSameInterface } from './interface.ts';
import { suggest } from './suggest.ts';

export type LayerOrder = 'loss' | 'sqnr' | 'order';

export interface CompareOptions {
  /** A data spec; absent means generated inputs. */
  readonly data?: string;
  /** Rows at most. */
  readonly samples: number;
  /** Sizes of symbolic dims by name. */
  readonly dims: Readonly<Record<string, number>>;
  readonly sort: LayerOrder;
}

/** The parts of a report that a comparison fills. */
export type CompareResult = Required<
  Pick<Report, 'data' | 'models' | 'comparisons' | 'steps' | 'layers' | 'suggestions'>
>;

/** onnxruntime holds the weights, often a packed copy of them, and the file while it loads. */
const MEMORY_FACTOR = 2.5;
const NAMES_SHOWN = 4;

/**
 * @throws LlmcError for files or data that cannot be read, DATA when the models take different inputs, UNSUPPORTED when
 * they do not fit into memory together or have nothing in common
 */
export async function compareModels(
  paths: readonly [string, string],
  options: CompareOptions,
  context: Context,
): Promise<CompareResult> {
  const started = performance.now();
  const names = modelNames(paths) as [string, string];
  const [before, after] = [openModel(paths[0]), openModel(paths[1])];
  const sizes = [await bytesOf(before), await bytesOf(after)] as const;
  requireMemory(sizes);
  const whole = await outputsOf(paths, names, options, context);
  const { inputs, adapt } = whole;
  const result = await compareLayers(
    before,
    after,
    {
      batches: () => inputs.batches(options.samples),
      adapt,
      rows: Math.min(options.samples, inputs.rows),
    },
    context,
  );
  if (result.layers.length === 0)
    throw new LlmcError('UNSUPPORTED', `${names[0]} and ${names[1]} compute no value in common`, {
      hint: 'compare variants of one model, e.g. before and after quantizing',
    });
  const touched = touchedPairs(result.layers, context.signal);
  const suspects = result.layers.map((layer, order) => ({
    record: layerRecord(layer, order, touched.has(layer)),
    selector: layer.before.node.name || layer.before.value.name,
  }));
  const first = modelRecord(names[0], paths[0], sizes[0]);
  const second = { ...modelRecord(names[1], paths[1], sizes[1]), fidelity: whole.fidelity };
  return {
    data: { source: inputs.source, rows: result.rows, synthetic: inputs.synthetic },
    models: [first, second],
    comparisons: [
      {
        baseline: first.name,
        candidate: second.name,
        sizeRatio: sizes[1] / sizes[0],
        speedup: null,
        metricDrop: {},
      },
    ],
    layers: sorted(
      suspects.map(({ record }) => record),
      options.sort,
    ),
    suggestions: suggest(suspects, after.model),
    steps: [
      {
        name: 'compare',
        options: { samples: options.samples, sort: options.sort },
        durationMs: performance.now() - started,
        changed: [],
        skipped: [],
        passes: [],
        notes: notes(result.layers.length, result.left),
      },
    ],
  };
}

async function bytesOf(opened: OpenedModel): Promise<number> {
  let total = opened.headerBytes;
  for (const path of opened.externalFiles) total += (await stat(path)).size;
  return total;
}

/** @throws LlmcError UNSUPPORTED before anything is loaded that would push the machine into swapping */
function requireMemory([before, after]: readonly [number, number]): void {
  // Knows the limit of a container, but only since Node 20.13.
  const free = process.availableMemory?.() ?? freemem();
  const needed = (before + after) * MEMORY_FACTOR + 200e6;
  if (needed <= free) return;
  throw new LlmcError(
    'UNSUPPORTED',
    `both models do not fit into memory together: that takes about ${formatBytes(needed)}, ${formatBytes(free)} are free`,
    { hint: 'compare them on a machine with more memory' },
  );
}

interface Whole {
  readonly inputs: ModelInputs;
  readonly adapt: ReturnType<typeof feedAdapter>;
  readonly fidelity: Fidelity | null;
}

/** Runs both models as they are deployed, with everything the runtime optimizes. */
async function outputsOf(
  paths: readonly [string, string],
  names: readonly [string, string],
  options: CompareOptions,
  context: Context,
): Promise<Whole> {
  const before = await openSession(paths[0], { threads: context.threads });
  try {
    const after = await openSession(paths[1], { threads: context.threads });
    try {
      return await runBoth(before, after, names, options, context);
    } finally {
      await after.release();
    }
  } finally {
    await before.release();
  }
}

async function runBoth(
  before: Session,
  after: Session,
  names: readonly [string, string],
  options: CompareOptions,
  context: Context,
): Promise<Whole> {
  requireSameInterface({ name: names[0], inputs: before.inputs }, { name: names[1], inputs: after.inputs });
  const inputs = await openInputs(before, {
    seed: context.seed,
    signal: context.signal,
    rows: options.samples,
    dims: options.dims,
    ...(options.data === undefined ? {} : { data: options.data }),
  });
  const adapt = feedAdapter(inputs.inputs, after.inputs);
  const meter = new FidelityMeter(before.outputs, after.outputs);
  const progress = context.progress('running both', Math.min(options.samples, inputs.rows));
  for await (const { feeds, size } of inputs.batches(options.samples)) {
    context.signal.throwIfAborted();
    meter.add(await before.run(feeds), await after.run(adapt(feeds)), size);
    progress.tick(size);
  }
  progress.done();
  for (const [name, shapes] of meter.differing)
    context.warn(`output "${name}" was not compared: its shapes differ, ${shapes}`);
  return { inputs, adapt, fidelity: meter.result(names[0], inputs.synthetic) };
}

function layerRecord(layer: LayerFidelity, order: number, touched: boolean): LayerRecord {
  const { before, after, by, sqnrDb, cosine, maxAbsError, inputDb, added } = layer;
  return {
    node: before.node.label,
    value: before.value.name,
    counterpart: after.value.name,
    matched: by,
    order,
    sqnrDb,
    inputSqnrDb: inputDb >= CLEAN_DB ? null : inputDb,
    lossDb: inputDb - Math.min(sqnrDb ?? CLEAN_DB, CLEAN_DB),
    addedNoise: added,
    cosine,
    maxAbsError,
    touched,
  };
}

const KEYS: Readonly<Record<LayerOrder, (layer: LayerRecord) => number>> = {
  loss: (layer) => -layer.addedNoise,
  sqnr: (layer) => layer.sqnrDb ?? Infinity,
  order: (layer) => layer.order,
};

function sorted(layers: readonly LayerRecord[], order: LayerOrder): LayerRecord[] {
  const key = KEYS[order];
  // Infinity minus infinity is no order.
  return [...layers].sort((a, b) => (key(a) === key(b) ? a.order - b.order : key(a) - key(b)));
}

function notes(compared: number, left: ReadonlyMap<string, readonly string[]>): string[] {
  const missing = [...left].map(([reason, values]) => {
    const more = values.length - NAMES_SHOWN;
    const names = values.slice(0, NAMES_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
    return `${values.length} ${values.length === 1 ? 'value was' : 'values were'} not compared: ${reason}: ${names}`;
  });
  return [`compared ${compared} ${compared === 1 ? 'value' : 'values'} that both models compute`, ...missing];
}
