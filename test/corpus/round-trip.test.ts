/**
 * Reading and saving, over every ONNX backend test and every real model of the corpus: what llmc reads is what is
 * there, what it saves means the same, and onnxruntime computes the same with it.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, type TestContext } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { memoryBytes } from '../../src/ir/bytes.ts';
import type { Model } from '../../src/ir/model.ts';
import { encode } from '../../src/onnx/encode.ts';
import { decodeProto, openModel } from '../../src/onnx/read.ts';
import { modelTable } from '../../src/onnx/schema.ts';
import { modelToProto } from '../../src/onnx/to-proto.ts';
import { openSession, type Session } from '../../src/runtime/session.ts';
import { backendModels, corpusModels } from '../support/corpus.ts';
import { corpusFeeds } from '../support/corpus-feeds.ts';
import { readPbTensor, tensorBytes } from '../support/pb-tensor.ts';
import { REFERENCE_IR, referenceDifferences, referenceModel } from '../support/reference.ts';
import { wireDifferences } from '../support/wire-tree.ts';

interface Subject {
  readonly id: string;
  readonly path: string;
  /** Of a backend test: where its input files are. */
  readonly folder?: string;
}

const FIXTURES = fileURLToPath(new URL('../../fixtures/models', import.meta.url));

function subjects(): Subject[] {
  const fixtures = existsSync(FIXTURES) ? readdirSync(FIXTURES).filter((name) => name.endsWith('.onnx')) : [];
  return [
    ...corpusModels().filter((model) => model.available),
    ...fixtures.map((name) => ({ id: `fixture/${name}`, path: join(FIXTURES, name) })),
    ...backendModels(),
  ];
}

const all = subjects();

function saved(model: Model): Uint8Array {
  const { parts } = encode(modelTable, modelToProto(model));
  return Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : part.read())));
}

describe('reading', () => {
  it.for(all)('$id as onnx-proto does', ({ path }, { skip }) => {
    const bytes = readFileSync(path);
    const reference = referenceModel(bytes);
    if (Number(String(reference.irVersion)) > REFERENCE_IR) skip('newer than onnx-proto');
    expect(referenceDifferences(reference, decodeProto(memoryBytes(bytes)))).toEqual([]);
  });

  it.for(all)('$id: every weight has its bytes', ({ path }) => {
    const { graph } = openModel(path).model;
    const own = new Map([...graph.initializers].map((value) => [value.name, value.tensor]));
    for (const proto of referenceModel(readFileSync(path)).graph?.initializer ?? []) {
      const expected = tensorBytes(proto);
      const tensor = own.get(proto.name ?? '');
      expect(tensor?.dims).toEqual((proto.dims ?? []).map((dim) => Number(String(dim))));
      if (expected !== undefined)
        expect(Buffer.compare(expected, tensor?.source.read() ?? new Uint8Array(1))).toBe(0);
    }
  });
});

describe('saving', () => {
  it.for(all)('$id changes nothing', ({ path }) => {
    const before = readFileSync(path);
    expect(wireDifferences(before, saved(openModel(path).model))).toEqual([]);
  });
});

describe('onnxruntime', () => {
  it.for(all)('$id gives the same before and after', async (subject, context) => {
    const before = await sessionOrSkip(subject.path, context);
    try {
      const feeds = feedsOf(subject, before, context);
      const first = await runOrSkip(before, feeds, context);
      if (!same(first, await runOrSkip(before, feeds, context))) context.skip('its outputs are random');
      const after = await openSession({ model: saved(openModel(subject.path).model) }, { threads: 1 });
      try {
        expect(same(first, await after.run(feeds))).toBe(true);
      } finally {
        await after.release();
      }
    } finally {
      await before.release();
    }
  });
});

async function sessionOrSkip(path: string, { skip }: TestContext): Promise<Session> {
  try {
    return await openSession(path, { threads: 1 });
  } catch (error) {
    return skip(reason(error));
  }
}

async function runOrSkip(session: Session, feeds: Record<string, HostTensor>, { skip }: TestContext) {
  try {
    return await session.run(feeds);
  } catch (error) {
    return skip(reason(error));
  }
}

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 200);

/** A backend test's own inputs, the corpus' made ones for the rest. */
function feedsOf(
  { id, path, folder }: Subject,
  session: Session,
  { skip }: TestContext,
): Record<string, HostTensor> {
  const sets = folder === undefined ? '' : join(folder, 'test_data_set_0');
  if (!existsSync(sets)) return corpusFeeds(id, session.inputs);
  const feeds: Record<string, HostTensor> = {};
  for (const [index, input] of (referenceModel(readFileSync(path)).graph?.input ?? []).entries()) {
    const file = join(sets, `input_${index}.pb`);
    if (!existsSync(file)) continue;
    const isTensor = session.inputs.find((each) => each.name === input.name)?.dtype !== 'non-tensor';
    const tensor = isTensor ? readPbTensor(file) : undefined;
    if (tensor === undefined) return skip(`input '${input.name}' is no tensor that onnxruntime-node takes`);
    feeds[input.name ?? ''] = tensor;
  }
  return feeds;
}

/** Same names, types, dims and bits; NaN equals NaN. */
function same(before: Record<string, HostTensor>, after: Record<string, HostTensor>): boolean {
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
