/** Compares two variants of a model: their outputs as deployed, then every value both compute, layer by layer. */

import { stat } from 'node:fs/promises';
import { freemem } from 'node:os';
import { LlmcError } from '../errors.ts';
import { type OpenedModel, openModel } from '../onnx/read.ts';
import { tensorSizes } from '../onnx/tensor-sizes.ts';
import { blame } from '../probe/layers/blame.ts';
import { compareLayers, type LayerFidelity } from '../probe/layers/compare-layers.ts';
import { leader } from '../probe/layers/leader.ts';
import { CLEAN_DB } from '../probe/layers/rank.ts';
import { touchedPairs } from '../probe/layers/touched.ts';
import { modelNames } from '../report/model-names.ts';
import { modelRecord } from '../report/record.ts';
import type { LayerRecord, Report } from '../report/schema.ts';
import { formatBytes } from '../report/units.ts';
import type { Context } from '../step.ts';
import { type InputChoice, outputsOf } from './outputs.ts';
import { FINE_DB, type Suspect, suggest } from './suggest.ts';

export type LayerOrder = 'loss' | 'sqnr' | 'order';

export interface CompareOptions extends InputChoice {
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
 * Runs both models on the same rows and tells layer by layer what the second one adds in noise (decibels, shares).
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
  const compared = new Set(result.layers.map((layer) => layer.before.value));
  const noise = blame(result.layers, touched, FINE_DB);
  const records: LayerRecord[] = [];
  const suspects: Suspect[] = [];
  for (const [order, layer] of result.layers.entries()) {
    const node = leader(layer.before.node, compared);
    const record = layerRecord(layer, node.label, order, touched.has(layer));
    records.push(record);
    const own = noise.get(layer);
    const selector = node.name || (node.output()?.name ?? layer.before.value.name);
    if (own !== undefined) suspects.push({ record, selector, noise: own });
  }
  const first = { ...modelRecord(names[0], paths[0], sizes[0]), tensors: tensorSizes(before.model) };
  const second = {
    ...modelRecord(names[1], paths[1], sizes[1]),
    tensors: tensorSizes(after.model),
    fidelity: whole.fidelity,
  };
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
    layers: sorted(records, options.sort),
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

function layerRecord(layer: LayerFidelity, node: string, order: number, touched: boolean): LayerRecord {
  const { before, after, by, sqnrDb, cosine, maxAbsError, inputDb, added } = layer;
  return {
    node,
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
