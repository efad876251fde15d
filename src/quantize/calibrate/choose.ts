/** auto: the estimator of each value by the error that quantizing it leaves in the model's outputs. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { Context } from '../../step.ts';
import type { EstimatorName } from '../ranges/table.ts';
import type { CalibrationRequest } from './request.ts';
import type { CalibratedRange } from './table.ts';
import { expectations, type Split, Trial } from './trial.ts';

/** Estimators that compete; the first one wins ties. */
const CANDIDATES = ['mse', 'minmax', 'percentile', 'entropy'] as const satisfies readonly EstimatorName[];
/** Of values that only rows kept back reach. */
export const [FALLBACK] = CANDIDATES;
/** What the choice must not be worse than. */
const SAFE: EstimatorName = 'minmax';
/** No value is begun after this many milliseconds; the rest keep the candidate that was best for all. */
const TIME_MS = 60_000;

/** Ranges of a value by estimator. */
export type Estimate = (value: Value, name: EstimatorName) => CalibratedRange;
interface Estimates {
  /** By the rows that are not judged by. */
  readonly found: Estimate;
  /** By all rows. */
  readonly final: Estimate;
}

/**
 * All values are quantized with the candidate that is best for all; then one value after the other takes the candidate
 * with the smallest error of the outputs. If minmax is better after all with the ranges of all rows, it is taken.
 * Values inside bodies of control flow keep the candidate that is best for all.
 */
export async function chooseEstimators(
  model: Model,
  values: readonly Value[],
  { found: estimate, final }: Estimates,
  request: CalibrationRequest,
  split: Split,
  context: Context,
): Promise<ReadonlyMap<string, EstimatorName>> {
  const outer = values.filter((value) => value.graph === model.graph);
  const samples = await expectations(model, request, split, context);
  const trial = await Trial.open(model, outer, request, context);
  try {
    const { ranges, names, ...start } = await bestForAll(values, estimate, (tried) =>
      trial.error(samples, tried),
    );
    let best = start.error;
    const deadline = performance.now() + TIME_MS;
    const progress = context.progress('choosing ranges', outer.length);
    let left = 0;
    for (const value of outer) {
      context.signal.throwIfAborted();
      progress.tick();
      if (performance.now() > deadline) {
        left++;
        continue;
      }
      for (const name of CANDIDATES) {
        const kept = ranges.get(value.name) as CalibratedRange;
        const other = estimate(value, name);
        if (other.min === kept.min && other.max === kept.max) continue;
        ranges.set(value.name, other);
        const error = await trial.error(samples, ranges);
        if (error < best) {
          best = error;
          names.set(value.name, name);
        } else ranges.set(value.name, kept);
      }
    }
    progress.done();
    if (left > 0)
      context.note(`${left} values keep the ranges of ${start.name}: the time for choosing was over`);
    const everything = (pick: (value: Value) => EstimatorName) =>
      new Map(values.map((value) => [value.name, final(value, pick(value))]));
    const chosen = await trial.error(
      samples,
      everything((value) => names.get(value.name) ?? FALLBACK),
    );
    const safe = await trial.error(
      samples,
      everything(() => SAFE),
    );
    return chosen <= safe ? names : new Map(values.map((value) => [value.name, SAFE]));
  } finally {
    await trial.release();
  }
}

interface Start {
  readonly name: EstimatorName;
  readonly names: Map<string, EstimatorName>;
  readonly ranges: Map<string, CalibratedRange>;
  readonly error: number;
}

/** The candidate with the smallest error where all values take the same. */
async function bestForAll(
  values: readonly Value[],
  estimate: Estimate,
  errorOf: (ranges: ReadonlyMap<string, CalibratedRange>) => Promise<number>,
): Promise<Start> {
  const trials: Start[] = [];
  for (const name of CANDIDATES) {
    const ranges = new Map(values.map((value) => [value.name, estimate(value, name)]));
    const names = new Map(values.map((value) => [value.name, name]));
    trials.push({ name, names, ranges, error: await errorOf(ranges) });
  }
  return trials.reduce((best, trial) => (trial.error < best.error ? trial : best));
}
