/** Runs two models as they are deployed and compares their outputs. */
import { keepRows } from '../data/metrics/score-board.ts';
import type { Fidelity } from '../report/schema.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import { FidelityMeter, nanWarnings } from '../runtime/fidelity.ts';
import { type ModelInputs, openInputs } from '../runtime/inputs.ts';
import { openSession, type Session } from '../runtime/session.ts';
import type { Context } from '../step.ts';
import { requireSameInterface } from './interface.ts';

export interface InputChoice {
  /** A data spec; absent means generated inputs. */
  readonly data?: string;
  /** Rows at most. */
  readonly samples: number;
  /** Sizes of symbolic dims by name. */
  readonly dims: Readonly<Record<string, number>>;
}

/** Outputs compared, and the inputs that did it. */
export interface Whole {
  readonly inputs: ModelInputs;
  readonly adapt: ReturnType<typeof feedAdapter>;
  readonly fidelity: Fidelity | null;
}

/** Runs both models as they are deployed, with everything the runtime optimizes. */
export async function outputsOf(
  paths: readonly [string, string],
  names: readonly [string, string],
  options: InputChoice,
  context: Context,
): Promise<Whole> {
  const before = await openSession(paths[0], { threads: context.threads });
  try {
    const after = await openSession(paths[1], { threads: context.threads });
    try {
      return await runBoth(before, after, names, options, context);
    } finally {
      await after.release();
    }
  } finally {
    await before.release();
  }
}

async function runBoth(
  before: Session,
  after: Session,
  names: readonly [string, string],
  options: InputChoice,
  context: Context,
): Promise<Whole> {
  requireSameInterface({ name: names[0], inputs: before.inputs }, { name: names[1], inputs: after.inputs });
  const inputs = await openInputs(before, {
    seed: context.seed,
    signal: context.signal,
    rows: options.samples,
    dims: options.dims,
    ...(options.data === undefined ? {} : { data: options.data }),
  });
  for (const note of inputs.notes) context.note(note);
  const adapt = feedAdapter(inputs.inputs, after.inputs);
  const meter = new FidelityMeter(before.outputs, after.outputs);
  const progress = context.progress('running both', Math.min(options.samples, inputs.rows));
  for await (const { feeds, size, padded } of inputs.batches(options.samples)) {
    context.signal.throwIfAborted();
    const expected = keepRows(await before.run(feeds), size, padded);
    meter.add(expected, keepRows(await after.run(adapt(feeds)), size, padded), size, feeds);
    progress.tick(size);
  }
  progress.done();
  for (const line of nanWarnings(meter)) context.warn(line);
  for (const [name, shapes] of meter.differing)
    context.warn(`output "${name}" was not compared: its shapes differ, ${shapes}`);
  return { inputs, adapt, fidelity: meter.result(names[0], inputs.synthetic) };
}
