/** Ranges of values, found by running the float model on data. */
import { openDataset, parseDataSpec } from '../../data/open.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { Histogram, Interval } from '../../numeric/histogram.ts';
import { loudnessSpread } from '../../numeric/loudness.ts';
import { countDistributions, type RowOptions } from '../../probe/count.ts';
import { loudnessProbe } from '../../probe/loudness.ts';
import { meanRangeProbe } from '../../probe/mean-range.ts';
import { observe } from '../../probe/observe.ts';
import type { Tap } from '../../probe/probe.ts';
import { rangeProbe } from '../../probe/range.ts';
import type { Context } from '../../step.ts';
import { ESTIMATORS, type EstimatorName } from '../ranges/table.ts';
import { chooseEstimators, type Estimate, FALLBACK } from './choose.ts';
import { unclip } from './clipped.ts';
import type { CalibrationRequest } from './request.ts';
import type { CalibratedRange, CalibrationTable } from './table.ts';
import { type Split, splitRows } from './trial.ts';

const BINS = 2048;

/**
 * A range for every value that the data reached. Memory does not depend on the number of rows: statistics are computed
 * by the model itself, batch by batch.
 * @throws LlmcError DATA for data that does not fit, is empty, or that the model computes NaN or infinities on
 */
export async function calibrate(
  model: Model,
  request: CalibrationRequest,
  context: Context,
): Promise<CalibrationTable> {
  const path = request.table;
  if (path === undefined) return measure(model, request, context);
  // Reading files of others takes a parser that costs start-up time.
  const { keyOf, loadTable, saveTable } = await import('./table-file.ts');
  const key = await keyOf(model, request);
  const known = await loadTable(path, key, context);
  if (known) return known;
  const table = await measure(model, request, context);
  saveTable(path, key, table);
  context.note(`ranges written to ${path}`);
  return table;
}

async function measure(
  model: Model,
  request: CalibrationRequest,
  context: Context,
): Promise<CalibrationTable> {
  const { values, method } = request;
  if (values.length === 0) return { rows: 0, ranges: new Map() };
  const { seen, rows } = await see(model, request, context);
  if (rows === 0)
    throw new LlmcError('DATA', 'the data has no rows: there is nothing to find ranges on', {
      hint: 'give some typical inputs with --data',
    });
  for (const [value, { min, max, nan }] of seen)
    if (nan || !Number.isFinite(min) || !Number.isFinite(max)) throw notFinite(value);
  const all: All = { seen, rows, estimate: estimatesOf(seen, request) };
  const names = await namesFor(model, request, all, context);
  const ranges = new Map<string, CalibratedRange>();
  for (const [value, found] of seen) {
    const name = names?.get(value.name) ?? (method === 'auto' ? FALLBACK : method);
    const { loudness } = found;
    const spread = loudness ? { spread: loudnessSpread(loudness) } : {};
    ranges.set(value.name, { ...all.estimate(value, name), ...spread });
  }
  return { rows, ranges };
}

/** Estimates by what was seen. Trials ask for the same ones again and again: each is made once. */
function estimatesOf(
  seen: SeenValues['seen'],
  { spec, percentile }: Pick<CalibrationRequest, 'spec' | 'percentile'>,
): Estimate {
  const made = new Map<Value, Map<EstimatorName, CalibratedRange>>();
  return (value, name) => {
    const known = made.get(value) ?? new Map<EstimatorName, CalibratedRange>();
    made.set(value, known);
    const before = known.get(name);
    if (before) return before;
    const { min, max, mean = { min, max }, histogram } = seen.get(value) as SeenValue;
    const counted = histogram ?? { low: min, high: max, counts: new Float64Array(1) };
    const range = ESTIMATORS[name].range({ histogram: counted, mean, spec, percentile });
    const result = { ...range, method: name };
    known.set(name, result);
    return result;
  };
}

/** Estimators that the error of the outputs decides on, by the value's name; null where the method is the same for all. */
async function namesFor(
  model: Model,
  request: CalibrationRequest,
  all: All,
  context: Context,
): Promise<ReadonlyMap<string, EstimatorName> | null> {
  const { method } = request;
  if (method !== 'auto' && method !== 'entropy') return null;
  if (method === 'entropy') {
    // What is clipped of the rows that ranges were found on is what counts here.
    const split = { found: all.rows, judged: 0, rows: all.rows };
    return unclip(model, all.seen, all.estimate, request, split, context);
  }
  // The estimators are chosen with some rows kept back, to be used on all.
  const split = (await splitOf(request)) ?? splitRows(all.rows);
  const part =
    split.judged === 0 ? all.seen : (await see(model, { ...request, samples: split.found }, context)).seen;
  const found = part === all.seen ? all.estimate : estimatesOf(part, request);
  const estimates = { found, final: all.estimate };
  return chooseEstimators(model, [...part.keys()], estimates, request, split, context);
}

/** Some rows are kept back where there are enough; null for generated data, whose rows are alike. */
async function splitOf({ data, samples }: CalibrationRequest): Promise<Split | null> {
  const dataset = await openDataset(parseDataSpec(data));
  return dataset && splitRows(Math.min(dataset.length, samples));
}

function notFinite(value: Value): LlmcError {
  const maker = value.producer?.label ?? 'an input of the model';
  return new LlmcError('DATA', `on the data, "${value.name}" (${maker}) holds NaN or infinities`, {
    hint: 'look at the data; --exclude leaves the nodes that read the value in floats',
  });
}

/** What the data shows of a value. */
interface SeenValue extends Interval {
  readonly nan: boolean;
  readonly mean?: Interval;
  readonly histogram?: Histogram;
  /** How many rows are how loud. */
  readonly loudness?: Float64Array;
}

interface SeenValues {
  /** Values that the data reached. */
  readonly seen: ReadonlyMap<Value, SeenValue>;
  readonly rows: number;
}

/** What was seen, and the ranges it speaks for. */
interface All extends SeenValues {
  readonly estimate: Estimate;
}

/** As much as the method needs to know. */
function see(model: Model, request: CalibrationRequest, context: Context): Promise<SeenValues> {
  const { values, rowsOf = new Set<Value>(), method, data, samples } = request;
  const options = { data, samples, label: 'calibrating', rowsOf };
  if (method === 'auto' || ESTIMATORS[method].needs === 'histogram')
    return countDistributions(model, values, BINS, options, context);
  return seeExtremes(model, values, ESTIMATORS[method].needs === 'mean', options, context);
}

async function seeExtremes(
  model: Model,
  values: readonly Value[],
  withMeans: boolean,
  options: RowOptions,
  context: Context,
): Promise<SeenValues> {
  const taps = values.map((value) => ({
    extremes: { value, probe: rangeProbe() },
    ...(withMeans ? { mean: { value, probe: meanRangeProbe() } } : {}),
    ...(options.rowsOf.has(value) ? { loudness: { value, probe: loudnessProbe() } } : {}),
  }));
  const all = taps.flatMap((each) => Object.values<Tap<unknown>>(each));
  const observed = await observe(model, all, options, context);
  const seen = new Map<Value, SeenValue>();
  for (const { extremes, mean: meanTap, loudness: loudnessTap } of taps) {
    const range = observed.get(extremes);
    if (!range || range.elements === 0) continue;
    const mean = meanTap && observed.get(meanTap);
    const loudness = loudnessTap && observed.get(loudnessTap);
    seen.set(extremes.value, { ...range, ...(mean ? { mean } : {}), ...(loudness ? { loudness } : {}) });
  }
  return { seen, rows: observed.rows };
}
