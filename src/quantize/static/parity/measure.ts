/** Ranges on data as the calibrators of onnxruntime's tools find them: row by row, by the nodes as they are written. */
import { LlmcError } from '../../../errors.ts';
import type { Model } from '../../../ir/model.ts';
import type { Value } from '../../../ir/value.ts';
import { rangeOf } from '../../../numeric/range.ts';
import { meanRangeProbe } from '../../../probe/mean-range.ts';
import { observe } from '../../../probe/observe.ts';
import { rangeProbe } from '../../../probe/range.ts';
import type { Context } from '../../../step.ts';
import type { SchemeOptions } from '../../schemes/scheme.ts';
import type { ValueRange } from '../parameters.ts';
import { constantBehind } from './constant-values.ts';
import { type MeasuredRanges, percentileRanges } from './percentile.ts';

/**
 * `entropy` is `minmax`: with the 128 bins and 128 levels of the tools there is only one threshold to choose from.
 * Values that were not reached have no range.
 * @throws LlmcError DATA where the data does not fit or is not finite, USAGE without data
 */
export async function measureRanges(
  model: Model,
  values: ReadonlySet<Value>,
  { static: own, data }: SchemeOptions,
  context: Context,
): Promise<MeasuredRanges> {
  if (data === undefined)
    throw new LlmcError('USAGE', 'int8 needs data to find the ranges of activations on', {
      hint: 'give some typical inputs with --data, e.g. calibration.npz',
    });
  const source = { data, samples: own.samples, batch: 1, asWritten: true, label: 'calibrating' };
  if (own.calibration === 'percentile')
    return percentileRanges(model, [...values], own.percentile, source, context);
  const probe = own.calibration === 'moving-average' ? meanRangeProbe() : rangeProbe();
  const taps = [...values].map((value) => ({ value, probe }));
  const seen = await observe(model, taps, source, context);
  const ranges = new Map<Value, ValueRange>();
  for (const tap of taps) {
    const found = seen.get<ValueRange>(tap);
    const range = found && found.min <= found.max ? found : constantRange(tap.value);
    if (range && !(Number.isFinite(range.min) && Number.isFinite(range.max)))
      throw new LlmcError('DATA', `on the data, "${tap.value.name}" holds NaN or infinities`, {
        hint: 'look at the data; --exclude leaves the nodes that read the value in floats',
      });
    if (range) ranges.set(tap.value, { min: range.min, max: range.max });
  }
  return { ranges, rows: seen.rows };
}

function constantRange(value: Value): ValueRange | null {
  const constant = constantBehind(value);
  // An empty one (the roi of a Resize) has no range.
  return constant && constant.length > 0 ? rangeOf(constant) : null;
}
