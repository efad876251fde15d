/** Corrected biases: means of results come back, layer after layer; what has no bias is left alone. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../../../src/ir/floats.ts';
import type { Model } from '../../../../src/ir/model.ts';
import { Similarity } from '../../../../src/numeric/similarity.ts';
import { encodeModel } from '../../../../src/onnx/write.ts';
import { normal } from '../../../../src/random.ts';
import { openSession } from '../../../../src/runtime/session.ts';
import { Folder } from '../../../support/folder.ts';
import { npz } from '../../../support/npz.ts';
import { noisyModel, type Options, quantize } from '../../../support/quantized.ts';

const folder = new Folder('bias');
const ROWS = 48;

/** Kernels of single channels and a small picture: what rounding moves adds up from layer to layer. */
const CONVOLUTIONS = `g (float[n,8,6,6] x) => (float[n,8,6,6] y) <
  float[8,8,1,1] a = {0}, float[8] ab = {0}, float[8,1,5,5] d = {0}, float[8] db = {0},
  float[8,8,1,1] c = {0}, float[8] cb = {0}> {
  p = Conv(x, a, ab) q = Relu(p) r = Conv<group = 8, pads = [2,2,2,2]>(q, d, db) s = Relu(r) y = Conv(s, c, cb) }`;
const PRODUCTS = `g (float[n,4,12] x) => (float[n,4,6] y) <
  float[12,12] a = {0}, float[12] ab = {0}, float[12,6] b = {0}, float[6] bb = {0}> {
  p = MatMul(x, a) q = Add(p, ab) r = Softmax<axis = -1>(q) s = MatMul(r, b) y = Add(bb, s) }`;

/** Rows that are anything but even, so that a range that is cut off moves their mean. */
function data(name: string, dims: readonly number[]): string {
  const next = normal(11);
  const size = dims.reduce((a, b) => a * b, 1);
  const path = folder.at(name);
  const values = Float32Array.from({ length: size }, () => Math.exp(next()));
  writeFileSync(path, npz({ x: { dtype: 'float32', dims: [...dims], data: values } }));
  return path;
}

async function outputOf(model: Model, dims: readonly number[]): Promise<Float32Array> {
  const next = normal(5);
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => Math.exp(next()));
  const session = await openSession({ model: encodeModel(model) }, { threads: 1 });
  try {
    const { y } = await session.run({ x: { dtype: 'float32', dims: [...dims], data: values } });
    return y?.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** How far the mean of the results is off, and their distance, on rows that nothing was corrected on. */
async function distance(text: string, dims: readonly number[], options: Options) {
  const float = await outputOf(noisyModel(text), dims);
  const { model, outcome } = await quantize(noisyModel(text), 'int8', { reduceRange: true, ...options });
  const found = await outputOf(model, dims);
  const similarity = new Similarity();
  similarity.add(float, found);
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    off: Math.abs(mean(found) - mean(float)),
    sqnr: similarity.sqnrDb ?? Number.NaN,
    notes: outcome.notes.join(),
    model,
  };
}

const SUBJECTS = [
  ['convolutions, one with padding and a channel at a time', CONVOLUTIONS, [ROWS, 8, 6, 6], 3],
  ['matrix products with a sum behind', PRODUCTS, [ROWS, 4, 12], 2],
] as const;

describe.for(SUBJECTS)('%s', ([name, text, dims, layers]) => {
  const path = data(`${dims.length}.npz`, dims);

  it('come closer to what the float model gives', async () => {
    const before = await distance(text, dims, { data: path, correctBiases: false });
    const after = await distance(text, dims, { data: path });
    expect(after.notes, name).toMatch(new RegExp(`biases of ${layers} layers take back`));
    expect(before.notes).not.toMatch(/biases/);
    expect(after.off).toBeLessThan(before.off / 2);
    expect(after.sqnr).toBeGreaterThan(before.sqnr);
  });

  it('differ from the uncorrected model in biases only, the same each time', async () => {
    const [plain, one, two] = await Promise.all(
      [{ correctBiases: false }, {}, {}].map(async (options) => {
        const { model } = await quantize(noisyModel(text), 'int8', {
          reduceRange: true,
          data: path,
          ...options,
        });
        return model;
      }),
    );
    expect(Buffer.from(encodeModel(one as Model)).equals(encodeModel(two as Model))).toBe(true);
    const differ = constants(one as Model).filter(([key, value]) =>
      constants(plain as Model).every(([other, same]) => key !== other || !same.equals(value)),
    );
    expect(differ).toHaveLength(layers);
    for (const [key] of differ) expect(key).toMatch(/^\w*b/);
  });
});

it('one row shows nothing that could be corrected', async () => {
  const path = data('one.npz', [1, 8, 6, 6]);
  expect((await distance(CONVOLUTIONS, [1, 8, 6, 6], { data: path })).notes).not.toMatch(/biases/);
});

it('a bias that two layers share stays as it is where it stays float', async () => {
  const text = `g (float[n,8] x) => (float[n,8] y) <float[8,8] a = {0}, float[8,8] b = {0}, float[8] shared = {0}> {
    p = MatMul(x, a) q = Add(p, shared) r = Softmax<axis = -1>(q) s = MatMul(r, b) y = Add(s, shared) }`;
  const path = data('shared.npz', [ROWS, 8]);
  const { model } = await quantize(noisyModel(text), 'int8', { reduceRange: true, data: path });
  const shared = [...model.graph.initializers].find(({ name }) => name === 'shared')?.tensor;
  const original = [...noisyModel(text).graph.initializers].find(({ name }) => name === 'shared')?.tensor;
  expect(shared && floatsOf(shared)).toEqual(original && floatsOf(original));
});

function constants(model: Model): [string, Buffer][] {
  return [...model.graph.initializers].map(({ name, tensor }) => [name, Buffer.from(tensor?.bytes() ?? [])]);
}
