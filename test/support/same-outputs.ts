/** Runs two versions of a model on the same inputs in onnxruntime and tells whether the outputs agree to the bit. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { openSession, type Session } from '../../src/runtime/session.ts';
import { corpusFeeds } from './corpus-feeds.ts';
import { readPbTensor } from './pb-tensor.ts';
import { referenceModel } from './reference.ts';
import type { Subject } from './subjects.ts';

/** Few random bits are the same twice now and then, but hardly this often. */
const REPEATS = 4;

type Tensors = Readonly<Record<string, HostTensor>>;

/**
 * Whether the model at `after` gives what the subject gives. Skips the test, with the reason, when onnxruntime
 * cannot run the subject itself or gives random outputs.
 */
export async function givesTheSame(subject: Subject, after: string, context: TestContext): Promise<boolean> {
  const session = await orSkip(openSession(subject.path, { threads: 1 }), context);
  try {
    const feeds = feedsOf(subject, session, context);
    const first = await orSkip(session.run(feeds), context);
    for (let run = 0; run < REPEATS; run++)
      if (!same(first, await session.run(feeds))) return context.skip('its outputs are random');
    const saved = await openSession(after, { threads: 1 });
    try {
      return same(first, await saved.run(feeds));
    } finally {
      await saved.release();
    }
  } finally {
    await session.release();
  }
}

export async function orSkip<T>(work: Promise<T>, { skip }: TestContext): Promise<T> {
  try {
    return await work;
  } catch (error) {
    return skip((error instanceof Error ? error.message : String(error)).slice(0, 200));
  }
}

/** A backend test's own inputs, made ones for the rest. */
export function feedsOf({ id, path, folder }: Subject, session: Session, { skip }: TestContext): Tensors {
  const set = folder === undefined ? '' : join(folder, 'test_data_set_0');
  if (!existsSync(set)) return corpusFeeds(id, session.inputs);
  const feeds: Record<string, HostTensor> = {};
  for (const [index, input] of (referenceModel(readFileSync(path)).graph?.input ?? []).entries()) {
    const file = join(set, `input_${index}.pb`);
    if (!existsSync(file)) continue;
    const isTensor = session.inputs.find((each) => each.name === input.name)?.dtype !== 'non-tensor';
    const tensor = isTensor ? readPbTensor(file) : undefined;
    if (tensor === undefined) return skip(`input '${input.name}' is no tensor that onnxruntime-node takes`);
    feeds[input.name ?? ''] = tensor;
  }
  return feeds;
}

/** Same names, types, dims and bits; NaN equals NaN. */
function same(before: Tensors, after: Tensors): boolean {
  const names = Object.keys(before);
  return (
    names.length === Object.keys(after).length && names.every((name) => sameTensor(before[name], after[name]))
  );
}

function sameTensor(before: HostTensor | undefined, after: HostTensor | undefined): boolean {
  if (before?.dtype !== after?.dtype || String(before?.dims) !== String(after?.dims)) return false;
  const [old, now] = [before?.data, after?.data];
  if (ArrayBuffer.isView(old) && ArrayBuffer.isView(now))
    return Buffer.compare(bytesOf(old), bytesOf(now)) === 0;
  return Array.isArray(old) && Array.isArray(now) && old.join('\0') === now.join('\0');
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
