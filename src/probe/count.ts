/** Histograms of many values, counted outside the graph: that takes a fraction of what ScatterElements takes. */
import type { Model } from '../ir/model.ts';
import type { Value } from '../ir/value.ts';
import { countInto, type Histogram } from '../numeric/histogram.ts';
import { cloneModel } from '../onnx/read.ts';
import { encodeModel } from '../onnx/write.ts';
import { unlistConstants } from '../passes/constants.ts';
import { openSession } from '../runtime/session.ts';
import type { Context } from '../step.ts';
import { MOST_ROWS, type ObserveOptions, runBatches } from './batches.ts';
import { histogramProbe } from './histogram.ts';
import { observe } from './observe.ts';

/** A value, where it lies, and how large it is. */
export interface Countable {
  readonly value: Value;
  readonly low: number;
  readonly high: number;
  /** Elements for one row of the data. */
  readonly elements: number;
}

/** Bytes of values that are handed out at a time. */
const BUDGET_BYTES = 256 << 20;

/**
 * Like `histogramProbe` for every value. Values in bodies of control flow are counted in the graph. Memory is bounded:
 * batches get smaller, and if single rows are too large, several runs over the data each count some of the values.
 */
export async function countHistograms(
  model: Model,
  wanted: readonly Countable[],
  bins: number,
  options: ObserveOptions,
  context: Context,
): Promise<Map<Value, Histogram>> {
  const outer = wanted.filter(({ value }) => value.graph === model.graph);
  const counted = new Map<Value, Histogram>();
  const rows = rowsAtATime(model, outer);
  for (const group of groupsOf(outer, rows))
    await countGroup(model, group, bins, rows, options, counted, context);
  const inner = wanted.filter(({ value }) => value.graph !== model.graph);
  const taps = inner.map(({ value, low, high }) => ({
    value,
    low,
    high,
    probe: histogramProbe(low, high, bins),
  }));
  const seen = await observe(model, taps, options, context);
  for (const tap of taps) {
    const counts = seen.get(tap);
    if (counts) counted.set(tap.value, { low: tap.low, high: tap.high, counts });
  }
  return counted;
}

/** What the model dictates, or as many as the budget allows. */
function rowsAtATime(model: Model, wanted: readonly Countable[]): number {
  const leading = model.graph.inputs.map(({ type }) => type?.shape?.[0]);
  const dictated = leading.filter((dim) => typeof dim === 'number');
  if (dictated.length > 0) return Math.max(...dictated);
  const row = wanted.reduce((sum, { elements }) => sum + 4 * elements, 0);
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(BUDGET_BYTES / Math.max(1, row))));
}

function groupsOf(wanted: readonly Countable[], rows: number): Countable[][] {
  const groups: Countable[][] = [];
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
  group: readonly Countable[],
  bins: number,
  rows: number,
  options: ObserveOptions,
  counted: Map<Value, Histogram>,
  context: Context,
): Promise<void> {
  const histograms = group.map(({ value, low, high }) => {
    const histogram = { low, high, counts: new Float64Array(bins) };
    counted.set(value, histogram);
    return { name: value.name, histogram };
  });
  const copy = cloneModel(model);
  unlistConstants(copy);
  const given = new Set(copy.graph.inputs.map(({ name }) => name));
  const made = new Map(
    [...copy.graph].flatMap((node) =>
      node.outputs.flatMap((value) => (value ? [[value.name, value] as const] : [])),
    ),
  );
  const outputs = histograms.flatMap(({ name }) => made.get(name) ?? []);
  // A model needs an output, even where only inputs are counted.
  if (outputs.length > 0) copy.graph.outputs = outputs;
  const session = await openSession(
    { model: encodeModel(copy) },
    { threads: context.threads, optimize: 'disabled' },
  );
  try {
    const reader = {
      read(found: Readonly<Record<string, { readonly data: unknown }>>, feeds: typeof found) {
        for (const { name, histogram } of histograms)
          countInto(histogram, (given.has(name) ? feeds : found)[name]?.data as Float32Array);
      },
      forget() {
        for (const { histogram } of histograms) histogram.counts.fill(0);
      },
    };
    await runBatches(session, options, rows, reader, context);
  } finally {
    await session.release();
  }
}
