/** `--format qoperator`: the same integers as between DequantizeLinear and QuantizeLinear, in operators of their own. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/ir/model.ts';
import { openModel } from '../../../src/onnx/read.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import { toQOperators } from '../../../src/quantize/static/qoperator.ts';
import { openInputs } from '../../../src/runtime/inputs.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { FIXTURE_DATA, FIXTURES } from '../../support/fixtures.ts';
import { parseModel } from '../../support/parse.ts';
import { type Options, quantize } from '../../support/quantized.ts';
import { distance, EXACT, floats, nodesOf, quantized, run } from '../../support/static.ts';
import { STATIC_NAMES, type StaticGraph } from '../../support/static-graphs.ts';

const SETTINGS: readonly Options[] = [
  {},
  { activationType: 'int8' },
  { weightType: 'uint8', perChannel: false },
  { activationSymmetric: true },
];

/** What onnxruntime computes in floats between DequantizeLinear and QuantizeLinear: sums round in another way. */
const UNFUSED = new Set<string>(['one value for three']);

describe.for(SETTINGS)('with %j', (options) => {
  it.for(STATIC_NAMES)('%s: the same bits', async (name) => {
    const qdq = await run((await quantized(name, options)).model);
    const own = await run((await quantized(name, { ...options, format: 'qoperator' })).model);
    for (const output of Object.keys(qdq))
      if (UNFUSED.has(name)) expect(distance(floats(own, output), floats(qdq, output))).toBeLessThan(1e-5);
      else expect(floats(own, output)).toEqual(floats(qdq, output));
  });
});

/** Operators of the result. */
const BECOMES: Readonly<Partial<Record<StaticGraph, string>>> = {
  'a residual block': 'DequantizeLinear QLinearAdd QLinearConv QuantizeLinear',
  'pools and a classifier':
    'Flatten QGemm QLinearAveragePool QLinearConv QLinearGlobalAveragePool QuantizeLinear',
  'gates and slopes':
    'DequantizeLinear QLinearConv QLinearLeakyRelu QLinearMul QLinearSigmoid QuantizeLinear',
  'a Where of two Convs': 'DequantizeLinear QLinearConv QLinearWhere QuantizeLinear',
  'a Concat of ranges that differ':
    'DequantizeLinear QLinearConcat QLinearConv QLinearMul QLinearSigmoid QuantizeLinear',
  'movers between Convs': 'DequantizeLinear MaxPool QLinearConv QuantizeLinear Transpose',
  'one value for three': 'MatMulIntegerToFloat Neg QuantizeLinear',
  'a Gemm and its activation': 'QGemm QuantizeLinear',
};

describe('operators', () => {
  it.for(Object.entries(BECOMES))('%s: %s', async ([name, operators]) => {
    const { model } = await quantized(name as StaticGraph, { format: 'qoperator' });
    expect([...new Set(nodesOf(model).map(({ op }) => op))].sort().join(' ')).toBe(operators);
    expect(model.opsets.has('com.microsoft')).toBe(/Q(Gemm|Linear(?!Conv))|ToFloat/.test(operators));
  });

  it('in branches too', async () => {
    const { model } = await quantized('branches with layers', { format: 'qoperator' });
    expect(nodesOf(model, 'QGemm').map(({ name }) => name)).toEqual(['ma_quant', 'mb_quant']);
  });

  it('one QuantizeLinear at the input, one DequantizeLinear at the output', async () => {
    const { model } = await quantized('a residual block', { format: 'qoperator' });
    expect(nodesOf(model, 'QuantizeLinear', 'DequantizeLinear').map(({ name }) => name)).toEqual([
      'x_QuantizeLinear',
      'y_DequantizeLinear',
    ]);
  });
});

const HEAD = '<ir_version: 8, opset_import: ["": 13]>';
const CODES = 'float s = {0.5}, uint8 z = {3}';

async function rewritten(text: string): Promise<Model> {
  const model = parseModel(text);
  await inferTypes(model);
  toQOperators(model);
  return model;
}

describe('what moves values', () => {
  it('fills with the zero point what was filled with zero', async () => {
    const model = await rewritten(`${HEAD} g (uint8[4] x) => (uint8[6] y) <${CODES}, int64[2] pads = {1, 1}> {
      d = DequantizeLinear(x, s, z) p = Pad(d, pads) y = QuantizeLinear(p, s, z) }`);
    const [pad] = nodesOf(model, 'Pad');
    expect(pad?.inputs.map((value) => value?.name)).toEqual(['x', 'pads', 'z']);
    expect(pad?.output()?.name).toBe('y');
  });

  it('keeps other fillings, and moves between different scales, in floats', async () => {
    const five =
      await rewritten(`${HEAD} g (uint8[4] x) => (uint8[6] y) <${CODES}, int64[2] pads = {1, 1}, float five = {5}> {
      d = DequantizeLinear(x, s, z) p = Pad(d, pads, five) y = QuantizeLinear(p, s, z) }`);
    expect(nodesOf(five)).toHaveLength(3);
    const other = await rewritten(`${HEAD} g (uint8[2,3] x) => (uint8[3,2] y) <${CODES}, float t = {0.25}> {
      d = DequantizeLinear(x, s, z) p = Transpose(d) y = QuantizeLinear(p, t, z) }`);
    expect(nodesOf(other)).toHaveLength(3);
  });

  it('stays in floats where a kernel for integers came with a later opset', async () => {
    const text = (
      opset: number,
    ) => `<ir_version: 8, opset_import: ["": ${opset}]> g (uint8[1,1,4] x) => (uint8[1,1,3] y) <${CODES}> {
      d = DequantizeLinear(x, s, z) p = MaxPool <kernel_shape = [2]> (d) y = QuantizeLinear(p, s, z) }`;
    expect(nodesOf(await rewritten(text(11)))).toHaveLength(3);
    expect(nodesOf(await rewritten(text(12))).map(({ op }) => op)).toEqual(['DequantizeLinear', 'MaxPool']);
  });
});

describe('what no operator expresses stays as it is', () => {
  const MATMUL = (type: string) => `${HEAD} g (${type}[2,2] x) => (float[2,2] y)
    <float s = {0.5}, ${type} z = {3}, int8[2,2] w = {1, 2, 3, 4}, float[2] ws = {0.5, 0.25}, int8[2] wz = {0, 0}> {
    d = DequantizeLinear(x, s, z) v = DequantizeLinear <axis = AXIS> (w, ws, wz) y = MatMul(d, v) }`;

  it('16-bit codes, scales along the rows', async () => {
    const fits = await rewritten(MATMUL('uint8').replace('AXIS', '1'));
    expect(nodesOf(fits, 'MatMulIntegerToFloat')).toHaveLength(1);
    const rows = await rewritten(MATMUL('uint8').replace('AXIS', '0'));
    expect(nodesOf(rows, 'MatMul')).toHaveLength(1);
    const wide = await rewritten(MATMUL('uint16').replace('AXIS', '1'));
    expect(nodesOf(wide, 'MatMul')).toHaveLength(1);
  });

  it('a Gemm that multiplies its bias', async () => {
    const gemm = (beta: number) => `${HEAD} g (uint8[2,2] x) => (float[2,2] y)
      <${CODES}, int8[2,2] w = {1, 2, 3, 4}, int8 wz = {0}, int32[2] b = {1, 2}, float bs = {0.25}, int32 bz = {0}> {
      d = DequantizeLinear(x, s, z) v = DequantizeLinear(w, s, wz) c = DequantizeLinear(b, bs, bz)
      y = Gemm <beta = ${beta}> (d, v, c) }`;
    expect(nodesOf(await rewritten(gemm(1)), 'QGemm')).toHaveLength(1);
    expect(nodesOf(await rewritten(gemm(0.5)), 'Gemm')).toHaveLength(1);
  });
});

describe('fixtures', () => {
  const MODELS = [
    ['fashion-cnn', 'fashion'],
    ['text-transformer-dynamo', 'text'],
    ['gpt-bytes', 'gpt'],
    ['rnn-lstm', 'rnn'],
  ] as const;

  it.for(MODELS)('%s: the same bits', async ([name, data]) => {
    const options = { ...EXACT, data: join(FIXTURE_DATA, `${data}-calibration.npz`), calibrationSamples: 8 };
    const evaluation = join(FIXTURE_DATA, `${data}-eval.npz`);
    const results = [];
    for (const format of ['default', 'qoperator'] as const) {
      const { model } = openModel(join(FIXTURES, `${name}.onnx`));
      await quantize(model, 'int8', { ...options, format });
      results.push(await outputs(model, evaluation));
    }
    expect(results[1]).toEqual(results[0]);
  });
});

async function outputs(model: Model, data: string) {
  const session = await openSession({ model: encodeModel(model) }, { threads: 1 });
  try {
    const found = [];
    for await (const { feeds } of (await openInputs(session, { data })).batches(4))
      found.push(await session.run(feeds));
    return found;
  } finally {
    await session.release();
  }
}
