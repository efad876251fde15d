/** Runs a model on data and collects what probes see of its values; memory depends on the probes, not on the data. */
import type { HostTensor } from '../data/host-tensor.ts';
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';
import { weightBytes } from '../onnx/layout.ts';
import { cloneModel } from '../onnx/read.ts';
import { encodeModel } from '../onnx/write.ts';
import { unlistConstants } from '../passes/constants.ts';
import { runPasses } from '../passes/pass.ts';
import { upgradeOpset } from '../passes/upgrade-opset.ts';
import { openSession } from '../runtime/session.ts';
import type { Context } from '../step.ts';
import { MOST_ROWS, type ObserveOptions, type Ran, runBatches } from './batches.ts';
import { instrument, type ProbeOutput, widthOf } from './instrument.ts';
import { neutral, type Tap } from './probe.ts';

/** What the probes saw. */
export interface Observed {
  /** The statistic of a tap; undefined when no batch reached its value. */
  get<S>(tap: Tap<S>): S | undefined;
  readonly rows: number;
  readonly batches: number;
}

/** Optimizing a graph with more probes than this takes longer than running it a few times. */
const MOST_OPTIMIZED = 200;

/** A protobuf in memory must stay below 2 GiB. */
const MOST_BYTES = 2e9;
/** Bytes of statistics collected at a time; larger demands take several passes over the data. */
const BUDGET_BYTES = 512 << 20;

/**
 * Types of the model must be known (`inferTypes`).
 * @throws LlmcError UNSUPPORTED for models too large, or too old to be upgraded to what the probes need, DATA when the data does not fit,
 *   RUNTIME when the model does not run on it
 */
export async function observe(
  model: Model,
  taps: readonly Tap<unknown>[],
  options: ObserveOptions,
  context: Context,
): Promise<Observed> {
  const known = new Map<Tap<unknown>, Float64Array>();
  let rows = 0;
  let batches = 0;
  for (const group of groupsOf(taps)) {
    const seen = await observeGroup(model, group, options, known, context);
    rows = seen.rows;
    batches = seen.batches;
  }
  return {
    rows,
    batches,
    get<S>(tap: Tap<S>): S | undefined {
      const vector = known.get(tap);
      return vector && tap.probe.read(vector);
    },
  };
}

/** Taps that are observed together. */
function groupsOf(taps: readonly Tap<unknown>[]): Tap<unknown>[][] {
  const groups: Tap<unknown>[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const tap of taps) {
    // The runtime's float32 and the sum in float64.
    const own = 12 * tap.probe.width;
    if (bytes + own > BUDGET_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    bytes += own;
    groups.at(-1)?.push(tap);
  }
  return groups;
}

async function observeGroup(
  model: Model,
  taps: readonly Tap<unknown>[],
  options: ObserveOptions,
  known: Map<Tap<unknown>, Float64Array>,
  context: Context,
): Promise<Ran> {
  refuse(model);
  const copy = cloneModel(model);
  unlistConstants(copy);
  const outputs = instrument(model, copy, taps);
  if (outputs.length === 0) return { rows: 0, batches: 0 };
  const least = Math.max(...taps.map(({ probe }) => probe.opset));
  // The nodes of probes mean the same in all versions up to the one they need.
  if (copy.opset < least) await runPasses(copy, [upgradeOpset(least)], context);
  const optimize = options.asWritten || taps.length > MOST_OPTIMIZED ? 'disabled' : 'all';
  const session = await openSession({ model: encodeModel(copy) }, { threads: context.threads, optimize });
  try {
    const reader = {
      read(found: Readonly<Record<string, HostTensor>>) {
        for (const output of outputs)
          collect(output, found[output.name]?.data as Float32Array | undefined, known);
      },
      forget() {
        for (const tap of taps) known.delete(tap);
      },
    };
    return await runBatches(session, options, MOST_ROWS, reader, context);
  } finally {
    await session.release();
  }
}

function refuse(model: Model): void {
  if (weightBytes(model) > MOST_BYTES)
    throw new LlmcError('UNSUPPORTED', 'the model is above 2 GB: its values cannot be observed', {
      hint: 'schemes without data work on models of any size',
    });
}

/** Adds what a batch gave to what is known. */
function collect(
  { taps }: ProbeOutput,
  found: Float32Array | undefined,
  known: Map<Tap<unknown>, Float64Array>,
): void {
  if (!found || found.length !== widthOf(taps)) throw new Error('a probe yields a vector of another length');
  let at = 0;
  for (const tap of taps) {
    const { width, combine } = tap.probe;
    let state = known.get(tap);
    if (!state) {
      state = new Float64Array(width).fill(neutral(combine));
      known.set(tap, state);
    }
    for (let index = 0; index < width; index++) {
      const value = found[at + index] as number;
      if (combine === 'sum') state[index] = (state[index] as number) + value;
      else if (value > (state[index] as number)) state[index] = value;
    }
    at += width;
  }
}
