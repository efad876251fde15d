/** Runs a session on all rows of the data, as many at a time as suit model and rows. */

import type { HostTensor } from '../data/host-tensor.ts';
import { LlmcError } from '../errors.ts';
import type { Feeds } from '../runtime/feeds.ts';
import { discarded } from '../runtime/garbage.ts';
import { openInputs } from '../runtime/inputs.ts';
import type { Session } from '../runtime/session.ts';
import type { Context } from '../step.ts';

export interface ObserveOptions {
  /** A data spec; without one inputs are generated. */
  readonly data?: string | undefined;
  /** Rows of the data to run at most; default all. */
  readonly samples?: number | undefined;
  /** Rows in a batch; default what suits their size. */
  readonly batch?: number | undefined;
  readonly dims?: Readonly<Record<string, number>> | undefined;
  /** onnxruntime must not fuse or reorder nodes: values are to the bit what those of the model are. */
  readonly asWritten?: boolean;
  /** For the progress display. */
  readonly label?: string;
}

/** What becomes of the batches. */
export interface BatchReader {
  read(found: Readonly<Record<string, HostTensor>>, feeds: Feeds): void;
  /** Everything starts over. */
  forget(): void;
}

export interface Ran {
  readonly rows: number;
  readonly batches: number;
}

/** Rows in a batch where model and caller leave it open: the calls cost more than small rows. */
export const MOST_ROWS = 32;

/**
 * @param rows in a batch, where neither model nor options say
 * @throws LlmcError DATA when the data does not fit, RUNTIME when the model does not run on it
 */
export async function runBatches(
  session: Session,
  options: ObserveOptions,
  rows: number,
  reader: BatchReader,
  context: Context,
): Promise<Ran> {
  try {
    return await runAll(session, options, rows, reader, context);
  } catch (error) {
    // Some models take one row at a time although they do not say so.
    if (!(error instanceof LlmcError) || error.code !== 'RUNTIME' || options.batch || rows === 1) throw error;
    reader.forget();
    return await runAll(session, options, 1, reader, context);
  }
}

async function runAll(
  session: Session,
  options: ObserveOptions,
  preferredBatch: number,
  reader: BatchReader,
  context: Context,
): Promise<Ran> {
  const { data, dims, batch, samples, label = 'running the model on the data' } = options;
  const inputs = await openInputs(session, {
    seed: context.seed,
    signal: context.signal,
    preferredBatch,
    ...(data === undefined ? {} : { data }),
    ...(dims ? { dims } : {}),
    ...(batch === undefined ? {} : { batch }),
  });
  for (const note of inputs.notes) context.note(note);
  const progress = context.progress(label, Math.min(inputs.rows, samples ?? inputs.rows));
  let [rows, batches] = [0, 0];
  for await (const { feeds, size } of inputs.batches(samples)) {
    context.signal.throwIfAborted();
    const found = await session.run(feeds);
    reader.read(found, feeds);
    discarded(bytesOf(found) + bytesOf(feeds));
    rows += size;
    batches++;
    progress.tick(size);
  }
  progress.done();
  return { rows, batches };
}

function bytesOf(tensors: Readonly<Record<string, HostTensor>>): number {
  return Object.values(tensors).reduce(
    (sum, { data }) => sum + (Array.isArray(data) ? 0 : data.byteLength),
    0,
  );
}
