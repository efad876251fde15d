/** Where onnxruntime's quantization tools go wrong and llmc does not. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { allGraphs, allNodes } from '../../src/ir/walk.ts';
import { openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { uniform } from '../../src/random.ts';
import { dequantizedWeight } from '../support/dequantized.ts';
import { outputsOf } from '../support/equivalence.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { graphOf, SUBGRAPHS } from '../support/quantize-graphs.ts';
import { noisyModel, quantize } from '../support/quantized.ts';

describe('a range without zero', () => {
  // onnxruntime takes the range of a block of a look-up table as it is; with all values near 1 its zero point is out of reach.
  it.for(['GatherBlockQuantized', 'MatMulNBits'])('%s keeps the offset', async (op) => {
    const text =
      op === 'MatMulNBits'
        ? 'g (float[N,64] x) => (float[N,32] y) <float[64,32] w = {0}> { [n] y = MatMul(x, w) }'
        : 'g (int64[N] i) => (float[N,64] y) <float[32,64] w = {0}> { [n] y = Gather(w, i) }';
    const model = noisyModel(text);
    const next = uniform(1);
    const values = Float32Array.from({ length: 2048 }, () => 1 + next() / 5);
    const [weight] = model.graph.initializers;
    const dims = weight?.tensor?.dims ?? [];
    if (weight) weight.tensor = Tensor.of('float32', dims, values);
    await quantize(model, 'int4', { symmetric: false });
    expect(model.graph.nodes.map((node) => node.op)).toContain(op);
    const read = dequantizedWeight(model, 'w', dims);
    for (const [index, value] of values.entries())
      expect(Math.abs(value - (read?.values[index] ?? 0))).toBeLessThanOrEqual(
        (read?.steps[index] ?? 0) * 0.5001,
      );
  });
});

describe('subgraphs', () => {
  it.for(Object.keys(SUBGRAPHS))('%s: skipped with --parity ort, quantized otherwise', async (name) => {
    const like = await quantize(graphOf(name), 'int8-dynamic', { parity: 'ort' });
    expect(like.changed).toEqual([]);
    const own = await quantize(graphOf(name), 'int8-dynamic');
    expect(own.changed.length).toBeGreaterThan(0);
    expect(floatMatrices(own.model)).toBe(0);
    expect(floatMatrices(like.model)).toBeGreaterThan(0);
  });
});

function floatMatrices(model: Model): number {
  const large = (tensor: Tensor | null): boolean => tensor?.dtype === 'float32' && tensor.size >= 256;
  let count = 0;
  for (const graph of allGraphs(model))
    for (const { tensor } of graph.initializers) if (large(tensor)) count++;
  for (const node of allNodes(model))
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'tensor' && large(attribute.value)) count++;
  return count;
}

describe('opset imports', () => {
  it.for([
    ['LSTM', 'int8-dynamic'],
    ['Attention', 'int8-dynamic'],
    ['MatMul', 'int4'],
    ['Gather of rows', 'int4'],
    ['a Loop', 'int4'],
    ['an LSTM in a branch', 'int8-dynamic'],
  ] as const)(
    '%s under %s: every domain in use is imported, and none that is not',
    async ([name, scheme]) => {
      const { model } = await quantize(graphOf(name), scheme);
      const used = new Set([...allNodes(model)].map((node) => node.domain));
      expect([...model.opsets.keys()].sort()).toEqual([...new Set(['', ...used])].sort());
    },
  );
});

it('half precision casts a value once, however many float32 nodes read it', async () => {
  const text = `g (float[N,16] x) => (float[N,16] y, float[N,16] z, float[N,16] v) <float[16,16] w = {0}, float[16,16] u = {0}> {
    [half] h = MatMul(x, w) r = Relu(h) [one] y = MatMul(r, u) [two] z = MatMul(r, w) [three] v = MatMul(r, u) }`;
  const { model } = await quantize(noisyModel(text), 'fp16', { exclude: ['one', 'two', 'three'] });
  const casts = model.graph.nodes.filter((node) => node.op === 'Cast');
  const sources = casts.map((node) => `${node.input(0)?.name} to ${node.int('to')}`);
  expect(new Set(sources).size).toBe(sources.length);
});

it("files of PyTorch's default exporter, whose value_info contradicts itself, are taken as they are", async () => {
  const { model } = openModel(join(FIXTURES, 'text-transformer-dynamo.onnx'));
  // Lies on top of those that are there.
  for (const value of model.graph.valueInfo) value.type = { dtype: 'float32', shape: [1, 2, 3] };
  const { changed } = await quantize(model, 'int8-dynamic', { weightType: 'uint8' });
  expect(changed.length).toBeGreaterThan(20);
  const { outputs } = await outputsOf(encodeModel(model));
  expect(Object.keys(outputs).length).toBeGreaterThan(0);
});

it('a scale for every column of a stack of matrices, in a form that its kernel takes', async () => {
  const own = await quantize(graphOf('MatMul with a stack of matrices'), 'int8-dynamic', {
    perChannel: true,
  });
  await outputsOf(encodeModel(own.model));
  const like = await quantize(graphOf('MatMul with a stack of matrices'), 'int8-dynamic', {
    perChannel: true,
    parity: 'ort',
  });
  await expect(outputsOf(encodeModel(like.model))).rejects.toThrow('B zero point is not valid');
});

it('models older than opset 11 are raised to what the operators need', async () => {
  const text = `<ir_version: 4, opset_import: ["": 9]> g (float[N,64] x) => (float[N,48] y)
    <float[64,48] w = {0}> { [mm] y = MatMul(x, w) }`;
  for (const [scheme, options, opset] of [
    ['int8-dynamic', {}, 11],
    ['int8-weights', {}, 13],
    ['int4', { format: 'qdq' }, 21],
    ['bf16', {}, 13],
    ['int4', {}, 9],
  ] as const) {
    const { model } = await quantize(noisyModel(text), scheme, options);
    expect(model.opset, scheme).toBe(opset);
    await outputsOf(encodeModel(model));
  }
});
