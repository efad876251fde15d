/** Sensitivity: how far the outputs move when one layer alone is changed (ZeroQ, arXiv 2001.00281, section 3.2). */
import { asFloats } from '../../data/cast.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { encodeModel } from '../../onnx/write.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import { openInputs } from '../../runtime/inputs.ts';
import { openSession, type Session } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import { type Instrumented, instrument } from './instrument.ts';
import { OutputMeter } from './output-meter.ts';
import type { Layer } from './stand-in.ts';

export interface RankOptions {
  /** A data spec; absent means generated inputs. */
  readonly data?: string;
  /** Rows at most; default 16. */
  readonly samples?: number;
  /** Sizes of symbolic dims by name. */
  readonly dims?: Readonly<Record<string, number>>;
  /**
   * Milliseconds to spend. Fewer rows are used where one run tells that it will not do, and what is not reached stays
   * unmeasured; without it the result depends on nothing but its inputs.
   */
  readonly budgetMs?: number;
  /** What to rank by; default noise. */
  readonly by?: 'noise' | 'divergence';
}

export interface Sensitivity {
  readonly layer: Layer;
  /** Error power over signal power of the output that suffers most; Infinity where it is no number any more. */
  readonly noise: number;
  /** Share of rows with the same arg-max; null without a class axis. */
  readonly agreement: number | null;
  /** Mean KL divergence of the predicted distributions in nats; null without a class axis. */
  readonly divergence: number | null;
  readonly maxAbsError: number;
}

export interface Ranking {
  /** The most sensitive first; equals in the given order. */
  readonly ranked: readonly Sensitivity[];
  /** Layers the budget did not reach. */
  readonly unmeasured: readonly Layer[];
  /** Rows each layer was measured on. */
  readonly rows: number;
}

/** Outputs of the float model are kept up to this size, so that they are computed once. */
const KEPT_BYTES = 256 << 20;

/**
 * Changes the layers one at a time, all in one session, and ranks them by what that does to the outputs.
 * @throws LlmcError DATA when the data does not fit, RUNTIME when the runtime refuses the model with weights as inputs
 */
export async function rankLayers(
  model: Model,
  layers: readonly Layer[],
  options: RankOptions,
  context: Context,
): Promise<Ranking> {
  const started = performance.now();
  const deadline = started + (options.budgetMs ?? Infinity);
  const copy = await instrument(model, layers, context);
  const session = await openSession({ model: encodeModel(copy.model) }, { threads: context.threads });
  try {
    const rows = await referenceRows(session, copy, options, context);
    const used = await affordable(session, rows, copy, layers.length, deadline);
    const progress = context.progress('measuring layers', layers.length);
    const measured: Sensitivity[] = [];
    for (const layer of layers) {
      context.signal.throwIfAborted();
      if (measured.length > 0 && performance.now() > deadline) break;
      measured.push(await measure(session, used, copy, layer));
      progress.tick();
    }
    progress.done();
    const key = options.by ?? 'noise';
    return {
      ranked: [...measured].sort((a, b) => compare(b[key] ?? b.noise, a[key] ?? a.noise)),
      unmeasured: layers.slice(measured.length),
      rows: used.reduce((sum, { size }) => sum + size, 0),
    };
  } finally {
    await session.release();
  }
}

/** Infinity minus infinity is no order. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** Feeds of one batch and what the float model makes of them. */
interface ReferenceRow {
  readonly feeds: Feeds;
  readonly outputs: Readonly<Record<string, HostTensor>>;
  readonly size: number;
}

async function referenceRows(
  session: Session,
  { added, feeds }: Instrumented,
  options: RankOptions,
  context: Context,
): Promise<ReferenceRow[]> {
  const { samples = 16, data, dims } = options;
  const floats = feeds(null);
  const own: Session = {
    inputs: session.inputs.filter(({ name }) => !added.has(name)),
    outputs: session.outputs,
    run: (given, outputs) => session.run({ ...floats, ...given }, outputs),
    runInto: (given, into) => session.runInto({ ...floats, ...given }, into),
    endProfile: () => session.endProfile(),
    release: () => session.release(),
  };
  const inputs = await openInputs(own, {
    seed: context.seed,
    signal: context.signal,
    rows: samples,
    ...(data === undefined ? {} : { data }),
    ...(dims === undefined ? {} : { dims }),
  });
  const rows: ReferenceRow[] = [];
  let bytes = 0;
  for await (const batch of inputs.batches(samples)) {
    context.signal.throwIfAborted();
    const outputs = await own.run(batch.feeds);
    rows.push({ feeds: batch.feeds, outputs, size: batch.size });
    for (const tensor of Object.values(outputs)) bytes += asFloats(tensor)?.byteLength ?? 0;
    if (bytes > KEPT_BYTES) break;
  }
  if (rows.length > 0) return rows;
  throw new LlmcError('DATA', 'there are no rows to measure layers on', {
    hint: 'give at least one row of data',
  });
}

/** As many rows as the time allows, at least one. */
async function affordable(
  session: Session,
  rows: readonly ReferenceRow[],
  { feeds }: Instrumented,
  layers: number,
  deadline: number,
): Promise<readonly ReferenceRow[]> {
  const [first] = rows;
  if (!first || deadline === Infinity) return rows;
  const started = performance.now();
  await session.run({ ...feeds(null), ...first.feeds });
  const now = performance.now();
  const count = Math.floor((deadline - now) / ((now - started) * Math.max(1, layers)));
  return rows.slice(0, Math.max(1, count));
}

async function measure(
  session: Session,
  rows: readonly ReferenceRow[],
  { feeds }: Instrumented,
  layer: Layer,
): Promise<Sensitivity> {
  const meter = new OutputMeter();
  // Made once: rounding a weight takes longer than a run of a small model.
  const weights = feeds(layer);
  for (const row of rows) meter.add(row.outputs, await session.run({ ...weights, ...row.feeds }));
  const { noise, agreement, divergence, maxAbsError } = meter;
  return { layer, noise, agreement, divergence, maxAbsError };
}
