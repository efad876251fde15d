/** Histograms of many values, counted outside the graph, which takes a fraction of what ScatterElements takes. */
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';
import type { Value } from '../ir/value.ts';
import { GrowingHistogram } from '../numeric/growing-histogram.ts';
import type { Histogram } from '../numeric/histogram.ts';
import { LOUDNESS_BINS } from '../numeric/loudness.ts';
import { cloneModel } from '../onnx/read.ts';
import { encodeModel } from '../onnx/write.ts';
import { unlistConstants } from '../passes/constants.ts';
import { openSession, type Session } from '../runtime/session.ts';
import type { Context } from '../step.ts';
import { type BatchReader, MOST_ROWS, type ObserveOptions, type Ran, runBatches } from './batches.ts';
import { histogramProbe } from './histogram.ts';
import { batchInput, countRows, loudnessProbe } from './loudness.ts';
import { observe } from './observe.ts';
import { rangeProbe, type SeenRange } from './range.ts';

/** What was seen of a value. */
export interface Distribution extends SeenRange {
  readonly nan: boolean;
  readonly histogram: Histogram;
  /** How many rows are how loud. */
  readonly loudness?: Float64Array;
}

export interface RowOptions extends ObserveOptions {
  /** Values whose rows are compared in loudness. */
  readonly rowsOf: ReadonlySet<Value>;
}

export interface Distributions {
  /** Values that nothing was seen of are missing. */
  readonly seen: ReadonlyMap<Value, Distribution>;
  readonly rows: number;
}

/** A value and its elements for one row of the data. */
interface Sized {
  readonly value: Value;
  readonly elements: number;
  /** Where the first rows lie. */
  readonly expected: SeenRange;
}

/** Bytes of values that are handed out at a time, where a single row has no more: what caches hold, and little garbage. */
const BATCH_BYTES = 4 << 20;
/** Bytes of values that are handed out at a time at most. */
const BUDGET_BYTES = 256 << 20;

/**
 * Extremes and histograms of all values in one run over the data; those in bodies of control flow take two. Memory is
 * bounded: batches get smaller, and if single rows are too large, several runs over the data each count some values.
 */
export async function countDistributions(
  model: Model,
  values: readonly Value[],
  bins: number,
  { rowsOf = new Set(), ...options }: ObserveOptions & Partial<RowOptions>,
  context: Context,
): Promise<Distributions> {
  const outer = values.filter((value) => value.graph === model.graph);
  const inner = values.filter((value) => value.graph !== model.graph);
  const seen = new Map<Value, Distribution>();
  const sized = await sizesOf(model, outer, options, context);
  const atATime = rowsAtATime(model, sized);
  let rows = 0;
  for (const group of groupsOf(sized, atATime))
    rows = (await countGroup(model, group, bins, atATime, { ...options, rowsOf }, seen, context)).rows;
  if (inner.length > 0) rows = await countInside(model, inner, bins, { ...options, rowsOf }, seen, context);
  return { seen, rows };
}

/** Rows that tell how large values are, and about where they lie. */
const SIZING_ROWS = 8;

/** Sizes of values, from the first rows. */
async function sizesOf(
  model: Model,
  values: readonly Value[],
  options: ObserveOptions,
  context: Context,
): Promise<Sized[]> {
  const taps = values.map((value) => ({ value, probe: rangeProbe() }));
  const samples = Math.min(SIZING_ROWS, options.samples ?? SIZING_ROWS);
  const seen = await observe(model, taps, { ...options, samples }, context);
  return taps.flatMap((tap) => {
    const range = seen.get(tap);
    return range
      ? [{ value: tap.value, elements: (range.elements * seen.batches) / seen.rows, expected: range }]
      : [];
  });
}

/** Values in bodies of control flow, which cannot be handed out: the graph counts them. */
async function countInside(
  model: Model,
  values: readonly Value[],
  bins: number,
  options: RowOptions,
  seen: Map<Value, Distribution>,
  context: Context,
): Promise<number> {
  const extremes = values.map((value) => ({ value, probe: rangeProbe() }));
  const found = await observe(model, extremes, options, context);
  const taps = extremes.flatMap((tap) => {
    const range = found.get(tap);
    if (!range || range.elements === 0) return [];
    const probe = histogramProbe(range.min, range.max, Number.isFinite(range.max - range.min) ? bins : 1);
    return [{ value: tap.value, range, probe }];
  });
  const rowTaps = new Map(
    values
      .filter((value) => options.rowsOf.has(value))
      .map((value) => [value, { value, probe: loudnessProbe() }]),
  );
  const counted = await observe(model, [...taps, ...rowTaps.values()], options, context);
  for (const tap of taps) {
    const rowTap = rowTaps.get(tap.value);
    const loudness = rowTap && counted.get(rowTap);
    const { min, max, nan } = tap.range;
    const counts = counted.get(tap) ?? new Float64Array(1);
    seen.set(tap.value, {
      min,
      max,
      nan,
      histogram: { low: min, high: max, counts },
      ...(loudness ? { loudness } : {}),
    });
  }
  return found.rows;
}

/** What the model dictates, or as many as the budget allows. */
function rowsAtATime(model: Model, sized: readonly Sized[]): number {
  const leading = model.graph.inputs.map(({ type }) => type?.shape?.[0]);
  const dictated = leading.filter((dim) => typeof dim === 'number');
  if (dictated.length > 0) return Math.max(...dictated);
  const row = sized.reduce((sum, { elements }) => sum + 4 * elements, 0);
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(BATCH_BYTES / Math.max(1, row))));
}

function groupsOf(wanted: readonly Sized[], rows: number): Sized[][] {
  const groups: Sized[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const each of wanted) {
    const own = 4 * rows * each.elements;
    if (bytes + own > BUDGET_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    bytes += own;
    groups.at(-1)?.push(each);
  }
  return groups;
}

async function countGroup(
  model: Model,
  group: readonly Sized[],
  bins: number,
  rows: number,
  options: RowOptions,
  seen: Map<Value, Distribution>,
  context: Context,
): Promise<Ran> {
  const fresh = () =>
    group.map(({ value, expected }) => {
      const histogram = new GrowingHistogram(bins);
      histogram.expect(expected.min, expected.max);
      const loudness = options.rowsOf.has(value) ? new Float64Array(LOUDNESS_BINS) : null;
      return { value, histogram, loudness };
    });
  const batch = batchInput(model.graph)?.name ?? '';
  let counting = fresh();
  const { session, given } = await open(model, new Set(group.map(({ value }) => value.name)), context);
  try {
    const reader: BatchReader = {
      read(found, feeds) {
        for (const { value, histogram, loudness } of counting) {
          const tensor = (given.has(value.name) ? feeds : found)[value.name];
          const data = tensor?.data as Float32Array;
          histogram.add(data);
          if (loudness) countRows(loudness, data, tensor?.dims[0] ?? 1, feeds[batch]?.dims[0] ?? 1);
        }
      },
      forget() {
        counting = fresh();
      },
    };
    const ran = await runBatches(session, options, rows, reader, context);
    for (const { value, histogram, loudness } of counting)
      if (histogram.min <= histogram.max || histogram.nan > 0)
        seen.set(value, {
          min: histogram.min,
          max: histogram.max,
          nan: histogram.nan > 0,
          histogram: histogram.histogram(),
          ...(loudness ? { loudness } : {}),
        });
    return ran;
  } finally {
    await session.release();
  }
}

/** A session that hands out the values of these names, but for inputs, which are at hand. */
async function open(
  model: Model,
  names: ReadonlySet<string>,
  context: Context,
): Promise<{ session: Session; given: ReadonlySet<string> }> {
  const copy = cloneModel(model);
  unlistConstants(copy);
  const made = [...copy.graph].flatMap((node) => node.outputs);
  const outputs = made.filter((value) => value !== null && names.has(value.name)) as Value[];
  // A model needs an output, even where only inputs are counted.
  if (outputs.length > 0) copy.graph.outputs = outputs;
  const bytes = encodeModel(copy);
  const given = new Set(copy.graph.inputs.map(({ name }) => name));
  const { threads } = context;
  try {
    return { session: await openSession({ model: bytes }, { threads }), given };
  } catch (error) {
    if (!(error instanceof LlmcError) || error.code !== 'RUNTIME') throw error;
    // Some optimizations lose values that are outputs.
    return { session: await openSession({ model: bytes }, { threads, optimize: 'disabled' }), given };
  }
}
