/** Values of which entropy clips more than the outputs can bear: they take another estimator. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { Histogram } from '../../numeric/histogram.ts';
import { squaredError } from '../../numeric/mse-range.ts';
import type { Context } from '../../step.ts';
import type { EstimatorName } from '../ranges/table.ts';
import type { Estimate } from './choose.ts';
import type { CalibrationRequest } from './request.ts';
import type { CalibratedRange } from './table.ts';
import { expectations, type Split, Trial } from './trial.ts';

/** Rows that tell whether outputs bear it: no value is chosen by itself here. */
const ROWS = 8;
/** What they take instead. */
const OTHER: EstimatorName = 'mse';
/** Noise over signal of the outputs that entropy is left alone at: with what rounded weights add, int8 still stands. */
const BEARABLE = 0.1;
/** Where it was not bearable, noise over signal that is sought for: what int8 leaves of itself is about as much. */
const SMALL = 2e-4;
/** More values change over only for an error that is clearly smaller on other rows too. */
const WORTH = 0.95;
/** Errors of a value over those with the other estimator, in decibels: who has more changes over. All, some, none. */
const LEVELS_DB = [Infinity, 24, 18, 12, 9, 6, 3, -Infinity];

/**
 * The divergence does not know how far apart two values are. Where many values are equal, as a floor of activations or
 * the background of pictures, merging their bin with the next counts as a great loss, though nobody moves by more than
 * a step, and clipping what carries half of the energy as a small one. Where that leaves little of the outputs, values
 * change over, those first that lose most against `mse`, as long as that makes the error of the outputs clearly smaller
 * and it is not small yet.
 * @returns estimators by the value's name
 */
export async function unclip(
  model: Model,
  seen: ReadonlyMap<Value, { readonly histogram?: Histogram }>,
  estimate: Estimate,
  request: CalibrationRequest,
  split: Split,
  context: Context,
): Promise<ReadonlyMap<string, EstimatorName>> {
  const losses = new Map<Value, number>();
  for (const [value, { histogram }] of seen)
    if (histogram) {
      const error = (name: EstimatorName) => squaredError(histogram, estimate(value, name), request.spec);
      losses.set(value, 10 * Math.log10(error('entropy') / error(OTHER)));
    }
  const nameAt = (level: number) => (value: Value) =>
    (losses.get(value) ?? 0) > level ? OTHER : ('entropy' as const);
  const values = [...seen.keys()];
  const changing = (level: number) => values.filter((value) => nameAt(level)(value) === OTHER).length;
  const outer = values.filter((value) => value.graph === model.graph);
  const samples = await expectations(model, request, split, context, ROWS);
  const trial = await Trial.open(model, outer, request, context);
  try {
    let best = { level: Infinity, error: Infinity };
    let tried = -1;
    for (const level of LEVELS_DB) {
      context.signal.throwIfAborted();
      if (changing(level) === tried) continue;
      tried = changing(level);
      const ranges = new Map<string, CalibratedRange>(
        outer.map((value) => [value.name, estimate(value, nameAt(level)(value))]),
      );
      const error = await trial.error(samples, ranges);
      // From where more changes make it worse, none that follow make it clearly better.
      if (error > best.error) break;
      if (error < WORTH * best.error) best = { level, error };
      if (error <= (level === Infinity ? BEARABLE : SMALL)) break;
    }
    const changed = changing(best.level);
    if (changed > 0)
      context.note(
        `entropy clips ${changed} of ${values.length} values more than the outputs can bear: they take ${OTHER}`,
      );
    return new Map(values.map((value) => [value.name, nameAt(best.level)(value)]));
  } finally {
    await trial.release();
  }
}
