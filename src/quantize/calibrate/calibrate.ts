/** Ranges of activations, found by running the float model on data. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { IntegerType } from '../../numeric/integer.ts';
import { cloneModel } from '../../onnx/read.ts';
import { encodeModel } from '../../onnx/write.ts';
import { openInputs } from '../../runtime/inputs.ts';
import { openSession } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import { addProbe } from '../half/probe.ts';

export type CalibrationMethod = 'minmax' | 'moving-average' | 'percentile' | 'entropy' | 'mse' | 'auto';

export interface CalibrationRequest {
  readonly values: readonly Value[];
  readonly method: CalibrationMethod;
  readonly type: IntegerType;
  readonly symmetric: boolean;
  readonly data: string;
  readonly samples: number;
  readonly percentile?: number;
  /** Numbers as onnxruntime's calibrators find them. */
  readonly parity?: boolean;
  readonly table?: string;
}

export interface CalibrationTable {
  readonly ranges: ReadonlyMap<
    string,
    { readonly min: number; readonly max: number; readonly method: string }
  >;
  readonly rows: number;
}

/** Extremes of every value over the data, by name. */
export async function calibrate(
  model: Model,
  request: CalibrationRequest,
  context: Context,
): Promise<CalibrationTable> {
  const ranges = new Map<string, { min: number; max: number; method: string }>();
  const copy = cloneModel(model);
  const probe = addProbe(model, copy, true);
  if (!probe || request.values.length === 0) return { ranges, rows: 0 };
  const session = await openSession(
    { model: encodeModel(copy) },
    { threads: context.threads, optimize: 'disabled' },
  );
  try {
    const inputs = await openInputs(session, {
      seed: context.seed,
      signal: context.signal,
      data: request.data,
    });
    for await (const { feeds } of inputs.batches(request.samples)) {
      context.signal.throwIfAborted();
      const found = (await session.run(feeds, [probe.output]))[probe.output]?.data as Float32Array;
      for (const [at, name] of probe.names.entries()) {
        const value = found[at] as number;
        const { min, max } = ranges.get(name) ?? { min: Infinity, max: -Infinity };
        ranges.set(name, { min: Math.min(min, value), max: Math.max(max, value), method: 'minmax' });
      }
    }
    return { ranges, rows: request.samples };
  } finally {
    await session.release();
  }
}
