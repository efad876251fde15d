/** Ranges of values: runs the float model on data or generated inputs and records the largest magnitudes. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { weightBytes } from '../../onnx/layout.ts';
import { cloneModel } from '../../onnx/read.ts';
import { encodeModel } from '../../onnx/write.ts';
import { openInputs } from '../../runtime/inputs.ts';
import { openSession } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import { LARGEST } from '../recipes/half.ts';
import { lowerStandIns } from './magnitude.ts';
import { type ClampedRanges, type RangeOf, TOO_LARGE } from './overflow.ts';
import { addProbe, PROBE_OPSET } from './probe.ts';
import { graphsOf } from './values.ts';

export interface MeasureOptions {
  /** A data spec; without one inputs are generated. */
  readonly data?: string | undefined;
  readonly dims?: Readonly<Record<string, number>> | undefined;
  /** Rows of the data to run at most; default 32. */
  readonly samples?: number | undefined;
}

export interface MeasuredRanges {
  readonly ranges: RangeOf;
  /** Set when the model has constants to clamp. */
  readonly clamped?: ClampedRanges;
}

/** A protobuf in memory must stay below 2 GiB. */
const MOST_BYTES = 2e9;

/**
 * Runs the model with every float32 value observed. Types must be known (`inferTypes`).
 * Null, with a note, when the model is too large or does not run.
 * @throws LlmcError DATA when given data does not fit the model
 */
export async function measureRanges(
  model: Model,
  options: MeasureOptions,
  context: Context,
): Promise<MeasuredRanges | null> {
  const refusal =
    weightBytes(model) > MOST_BYTES
      ? 'it is above 2 GB'
      : model.opset < PROBE_OPSET
        ? `that takes opset ${PROBE_OPSET}, the model has ${model.opset}`
        : null;
  if (refusal) return skipped(refusal, context);
  try {
    const exact = await observe(model, null, options, context);
    const clamped = exact && (await clampedRanges(model, exact.ranges, options, context));
    return exact && { ranges: rangeOf(exact.ranges), ...(clamped ? { clamped } : {}) };
  } catch (error) {
    const expected = error instanceof LlmcError && error.code !== 'INTERRUPTED';
    if (!expected || (error.code === 'DATA' && options.data !== undefined)) throw error;
    return skipped(error.message, context);
  }
}

function skipped(reason: string, context: Context): null {
  context.note(`values were not checked for overflow in half precision: ${reason}`);
  return null;
}

type Observed = ReadonlyMap<string, number>;

function rangeOf(observed: Observed): RangeOf {
  return (name) => observed.get(name);
}

/**
 * Ranges with constants like -3.4e38 at the largest half; at half of that when sums with them would overflow again
 * (a mask plus a score): exp(-32752) is zero as well. Null when the model has no such constants.
 */
async function clampedRanges(
  model: Model,
  exact: Observed,
  options: MeasureOptions,
  context: Context,
): Promise<ClampedRanges | null> {
  const most = LARGEST.float16;
  const full = await observe(model, most, options, context);
  if (!full || full.lowered === 0) return null;
  const counts = (observed: Observed): number =>
    [...observed].filter(([name, value]) => value >= TOO_LARGE && value !== exact.get(name)).length;
  if (counts(full.ranges) === 0) return { of: rangeOf(full.ranges), largest: most };
  const less = await observe(model, most / 2, options, context);
  if (!less || counts(less.ranges) >= counts(full.ranges)) return { of: rangeOf(full.ranges), largest: most };
  return { of: rangeOf(less.ranges), largest: most / 2 };
}

/** Spent on guessing input sizes at most: without any, only the overflow check is missing. */
const SEARCH_MS = 3000;
/** Constants above this many elements are weights, not masks. */
const MASK_ELEMENTS = 1 << 22;

interface Observation {
  readonly ranges: Observed;
  /** Constants that stood for infinity and were lowered. */
  readonly lowered: number;
}

/**
 * One series of runs; the same inputs each time. Null when the model has no float32 values.
 * @param limit where to lower constants that stand for infinity to; null leaves them, and nothing is run without any
 */
async function observe(
  model: Model,
  limit: number | null,
  options: MeasureOptions,
  context: Context,
): Promise<Observation | null> {
  const quick = await observeOnce(model, limit, false, options, context);
  // Masks of -inf hide what is around them: only then it is worth telling infinities from numbers.
  const hidden = quick && [...quick.ranges.values()].some((value) => !Number.isFinite(value));
  return hidden ? observeOnce(model, limit, true, options, context) : quick;
}

async function observeOnce(
  model: Model,
  limit: number | null,
  finiteOnly: boolean,
  options: MeasureOptions,
  context: Context,
): Promise<Observation | null> {
  const copy = cloneModel(model);
  const lowered = limit === null ? 0 : lowerConstants(copy, limit);
  if (limit !== null && lowered === 0) return { ranges: new Map(), lowered };
  const probe = addProbe(model, copy, finiteOnly);
  if (!probe) return null;
  // Optimizing a graph with a probe on every value takes longer than running it a few times.
  const session = await openSession(
    { model: encodeModel(copy) },
    { threads: context.threads, optimize: 'disabled' },
  );
  try {
    const { data, dims, samples = 32 } = options;
    const inputs = await openInputs(session, {
      seed: context.seed,
      signal: context.signal,
      timeMs: SEARCH_MS,
      ...(dims ? { dims } : {}),
      ...(data === undefined ? { rows: 2 } : { data }),
    });
    const ranges = new Map<string, number>();
    for await (const { feeds } of inputs.batches(samples)) {
      context.signal.throwIfAborted();
      const found = (await session.run(feeds, [probe.output]))[probe.output]?.data as Float32Array;
      collect(probe.names, found, ranges, finiteOnly);
    }
    return { ranges, lowered };
  } finally {
    await session.release();
  }
}

/** Largest magnitudes by name; a name may be that of several values in different branches. */
function collect(
  names: readonly string[],
  found: Float32Array,
  ranges: Map<string, number>,
  finiteOnly: boolean,
): void {
  for (let index = 0; index + 1 < names.length; index += 2) {
    const [largest, smallest] = [found[index] as number, found[index + 1] as number];
    const name = names[index] as string;
    const reach = Math.max(Math.abs(largest), Math.abs(smallest));
    // The maximum of nothing is -inf; where infinities were left out, one can only come from nothing.
    const empty = (largest === -Infinity && smallest === Infinity) || (finiteOnly && reach === Infinity);
    const magnitude = empty ? 0 : reach;
    ranges.set(name, Math.max(ranges.get(name) ?? 0, magnitude));
  }
}

/** Lowers the constants of a copy that stand for infinity; returns how many. */
function lowerConstants(copy: Model, limit: number): number {
  let count = 0;
  for (const graph of graphsOf(copy))
    for (const value of graph.initializers) {
      if (value.tensor?.dtype !== 'float32' || value.tensor.size > MASK_ELEMENTS) continue;
      const lowered = lowerStandIns(value.tensor, limit);
      if (!lowered) continue;
      value.tensor = lowered;
      count++;
    }
  return count;
}
