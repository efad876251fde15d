/** Ranges of values, found by running the float model on data. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { AffineSpec } from '../../numeric/affine.ts';
import type { Histogram } from '../../numeric/histogram.ts';
import { countHistograms } from '../../probe/count.ts';
import { meanRangeProbe } from '../../probe/mean-range.ts';
import { type Observed, observe } from '../../probe/observe.ts';
import { type Extremes, rangeProbe, type SeenRange } from '../../probe/range.ts';
import type { Context } from '../../step.ts';
import { ESTIMATORS, type EstimatorName } from '../ranges/table.ts';
import { chooseRanges } from './choose.ts';
import type { CalibratedRange, CalibrationTable } from './table.ts';

export type CalibrationMethod = EstimatorName | 'auto';

export interface CalibrationRequest {
  /** Float32 values of the model, whose types are known. */
  readonly values: readonly Value[];
  readonly method: CalibrationMethod;
  /** How the codes are laid over the ranges. */
  readonly spec: AffineSpec;
  /** A data spec. */
  readonly data: string;
  /** Rows of the data at most. */
  readonly samples: number;
  /** Share of the values, in percent, that `percentile` keeps. */
  readonly percentile: number;
  /** File of ranges: used when it fits the model, the data and the method, otherwise written. */
  readonly table?: string | undefined;
}

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
  const { values, method, data, samples } = request;
  if (values.length === 0) return { rows: 0, ranges: new Map() };
  const label = 'calibrating: extremes';
  const extremes = values.map((value) => ({ value, probe: rangeProbe() }));
  const means =
    method === 'moving-average' ? values.map((value) => ({ value, probe: meanRangeProbe() })) : [];
  const seen = await observe(model, [...extremes, ...means], { data, samples, label }, context);
  if (seen.rows === 0)
    throw new LlmcError('DATA', 'the data has no rows: there is nothing to find ranges on', {
      hint: 'give some typical inputs with --data',
    });
  const reached = new Map<Value, Extremes>();
  for (const tap of extremes) {
    const range = seen.get(tap);
    if (range && range.elements > 0) reached.set(tap.value, checked(tap.value, range));
  }
  const meansOf = (value: Value): SeenRange => {
    const tap = means.find((each) => each.value === value);
    return (tap && seen.get(tap)) ?? { min: 0, max: 0 };
  };
  const histograms = await histogramsOf(model, request, reached, seen, context);
  const estimate = (value: Value, name: EstimatorName): CalibratedRange => {
    const histogram = histograms.get(value) ?? emptyHistogram(reached.get(value));
    const mean = ESTIMATORS[name].needs === 'mean' ? meansOf(value) : { min: 0, max: 0 };
    const { spec, percentile } = request;
    return { ...ESTIMATORS[name].range({ histogram, mean, spec, percentile }), method: name };
  };
  const ranges =
    method === 'auto'
      ? await chooseRanges(model, [...reached.keys()], estimate, request, context)
      : new Map([...reached.keys()].map((value) => [value.name, estimate(value, method)]));
  return { rows: seen.rows, ranges };
}

function checked(value: Value, range: Extremes): Extremes {
  if (Number.isFinite(range.min) && Number.isFinite(range.max) && !range.nan) return range;
  const maker = value.producer?.label ?? 'an input of the model';
  throw new LlmcError('DATA', `on the data, "${value.name}" (${maker}) holds NaN or infinities`, {
    hint: 'look at the data; --exclude leaves the nodes that read the value in floats',
  });
}

/** A second run over the data, where the method needs to know more than extremes. */
async function histogramsOf(
  model: Model,
  { method, data, samples }: CalibrationRequest,
  reached: ReadonlyMap<Value, Extremes>,
  { rows, batches }: Observed,
  context: Context,
): Promise<Map<Value, Histogram>> {
  if (method !== 'auto' && ESTIMATORS[method].needs !== 'histogram') return new Map();
  const wanted = [...reached]
    .filter(([, { min, max }]) => max > min)
    .map(([value, { min, max, elements }]) => ({
      value,
      low: min,
      high: max,
      elements: (elements * batches) / rows,
    }));
  return countHistograms(model, wanted, BINS, { data, samples, label: 'calibrating: histograms' }, context);
}

/** Of values whose extremes are all that is known. */
function emptyHistogram(range: SeenRange | undefined): Histogram {
  return { low: range?.min ?? 0, high: range?.max ?? 0, counts: new Float64Array(1) };
}
