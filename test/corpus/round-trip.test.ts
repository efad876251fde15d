/**
 * Reading and saving, over every ONNX backend test and every real model of the corpus: what llmc reads is what is
 * there, what it saves means the same, and onnxruntime computes the same with it.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { onnx } from 'onnx-proto';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryBytes } from '../../src/ir/bytes.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { decodeModel, decodeProto, openModel } from '../../src/onnx/read.ts';
import { encodeModel, type SaveOptions, saveModel } from '../../src/onnx/write.ts';
import { tensorBytes } from '../support/pb-tensor.ts';
import { REFERENCE_IR, referenceDifferences, referenceModel } from '../support/reference.ts';
import { givesTheSame } from '../support/same-outputs.ts';
import { allModels, realModels } from '../support/subjects.ts';
import { wireDifferences } from '../support/wire-tree.ts';

const all = allModels();
const real = realModels();
const folder = mkdtempSync(join(tmpdir(), 'llmc-corpus-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens a model, saves it under a name of its own and returns where. */
async function resaved(path: string, options: Partial<SaveOptions> = {}): Promise<string> {
  const target = join(mkdtempSync(join(folder, 'm')), 'model.onnx');
  await saveModel(openModel(path).model, target, { protect: [path], force: false, ...options });
  return target;
}

describe('reading', () => {
  it.for(all)('$id as onnx-proto does', ({ path }, { skip }) => {
    const bytes = readFileSync(path);
    const reference = referenceModel(bytes);
    if (Number(String(reference.irVersion)) > REFERENCE_IR) skip('newer than onnx-proto');
    expect(referenceDifferences(reference, decodeProto(memoryBytes(bytes)))).toEqual([]);
  });

  it.for(all)('$id: every tensor has its bytes', ({ path }) => {
    const own = [...ownTensors(openModel(path).model.graph)];
    const reference = [...referenceTensors(referenceModel(readFileSync(path)).graph)];
    expect(own.length).toBe(reference.length);
    for (const [index, proto] of reference.entries()) {
      const tensor = own[index];
      expect(tensor?.dims).toEqual((proto.dims ?? []).map((dim) => Number(String(dim))));
      const expected = tensorBytes(proto);
      if (expected !== undefined) expect(isEqual(expected, tensor)).toBe(true);
    }
  });
});

describe('saving', () => {
  it.for(all)('$id changes nothing', async ({ path }) => {
    expect(wireDifferences(readFileSync(path), readFileSync(await resaved(path)))).toEqual([]);
  });

  it.for(all)('$id: saved twice gives the same bytes', async ({ path }) => {
    const once = encodeModel(openModel(path).model);
    expect(Buffer.compare(once, encodeModel(decodeModel(once)))).toBe(0);
  });

  it.for(real)('$id keeps fields that no ONNX version has', ({ path }) => {
    // Field 1000 as varint, 64 bits, bytes and 32 bits; at the end, they are the model's own.
    const fields = Buffer.from(
      'c03e2a c13e0102030405060708 c23e0568656c6c6f c53e01020304'.replaceAll(' ', ''),
      'hex',
    );
    const before = Buffer.concat([readFileSync(path), fields]);
    expect(wireDifferences(before, encodeModel(decodeModel(before)))).toEqual([]);
  });

  it.for(real)('$id: weights in data files are the same weights', async ({ path }) => {
    const target = await resaved(path, { externalData: 'always', shardBytes: 1 << 20 });
    const before = [...ownTensors(openModel(path).model.graph)];
    const after = [...ownTensors(openModel(target).model.graph)];
    expect(after.length).toBe(before.length);
    for (const [index, tensor] of before.entries()) {
      expect([after[index]?.dtype, after[index]?.dims]).toEqual([tensor.dtype, tensor.dims]);
      expect(isEqual(tensor.source.read(), after[index])).toBe(true);
    }
  });
});

describe('onnxruntime', () => {
  it.for(all)('$id gives the same before and after', async (subject, context) => {
    expect(await givesTheSame(subject, await resaved(subject.path), context)).toBe(true);
  });

  it.for(real)('$id gives the same with its weights in data files', async (subject, context) => {
    const target = await resaved(subject.path, { externalData: 'always', shardBytes: 1 << 20 });
    expect(await givesTheSame(subject, target, context)).toBe(true);
  });
});

/** Initializers and attributes of a graph and of the graphs inside it, in file order. */
function* ownTensors(graph: Graph): Generator<Tensor> {
  for (const { tensor } of graph.initializers) if (tensor !== null) yield tensor;
  for (const node of graph) {
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'tensor') yield attribute.value;
      else if (attribute.kind === 'graph') yield* ownTensors(attribute.value);
    }
  }
}

function* referenceTensors(graph: onnx.IGraphProto | null | undefined): Generator<onnx.ITensorProto> {
  yield* graph?.initializer ?? [];
  for (const { t, g } of graph?.node?.flatMap((node) => node.attribute ?? []) ?? []) {
    if (t) yield t;
    if (g) yield* referenceTensors(g);
  }
}

function isEqual(expected: Uint8Array, tensor: Tensor | undefined): boolean {
  return tensor !== undefined && Buffer.compare(expected, tensor.source.read()) === 0;
}
