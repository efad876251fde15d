/** Models that are quantized already, by whatever tool: their integers stay, only the rest is quantized, nothing grows. */

import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { normal, seedFor } from '../../src/random.ts';
import { differences, outputsOf } from '../support/equivalence.ts';
import { noisyModel, type Options, quantize } from '../support/quantized.ts';

const MODELS = {
  'QDQ around a MatMul': `g (float[N,32] x) => (float[N,24] y)
    <int8[32,24] w = {0}, float[24] ws = {0.02}, int8[24] wz = {0}, float xs = {0.03}, uint8 xz = {128}> {
      q = QuantizeLinear(x, xs, xz) d = DequantizeLinear(q, xs, xz)
      v = DequantizeLinear <axis = 1> (w, ws, wz) [mm] y = MatMul(d, v) }`,
  'QDQ around a Conv, weights small enough to fold': `g (float[N,4,6,6] x) => (float[N,8,4,4] y)
    <int8[8,4,3,3] w = {0}, float[8] ws = {0.02}, int8[8] wz = {0}, int32[8] b = {7}, float[8] bs = {0.0006}, float xs = {0.03}, uint8 xz = {128}> {
      q = QuantizeLinear(x, xs, xz) d = DequantizeLinear(q, xs, xz)
      v = DequantizeLinear <axis = 0> (w, ws, wz) bias = DequantizeLinear <axis = 0> (b, bs) [conv] y = Conv(d, v, bias) }`,
  'QOperator Conv and MatMul': `<ir_version: 8, opset_import: ["": 13]> g (float[N,4,6,6] x) => (float[N,8,4,10] y)
    <int8[8,4,3,3] w = {0}, float ws = {0.02}, int8 wz = {0}, float xs = {0.03}, uint8 xz = {128}, float ys = {0.1}, uint8 yz = {120},
     int8[4,10] u = {0}, float us = {0.05}, float zs = {0.2}> {
      q = QuantizeLinear(x, xs, xz) c = QLinearConv(q, xs, xz, w, ws, wz, ys, yz)
      m = QLinearMatMul(c, ys, yz, u, us, wz, zs, yz) y = DequantizeLinear(m, zs, yz) }`,
  'blocked QDQ': `<ir_version: 10, opset_import: ["": 21]> g (float[N,32] x) => (float[N,24] y)
    <int4[32,24] w = {0}, float[2,24] ws = {0.02}> {
      v = DequantizeLinear <axis = 0, block_size = 16> (w, ws) [mm] y = MatMul(x, v) }`,
  'weights behind Cast and Mul': `g (float[N,32] x) => (float[N,24] y) <int8[32,24] w = {0}, float[1,24] ws = {0.02}> {
      c = Cast <to = 1> (w) v = Mul(c, ws) [mm] y = MatMul(x, v) }`,
  'a table of integers': `g (int64[N] i) => (float[N,24] y) <uint8[40,24] w = {0}, float ws = {0.02}, uint8 wz = {128}> {
      q = Gather(w, i) y = DequantizeLinear(q, ws, wz) }`,
} as const;

/** The model with noise for its integers. */
function quantizedModel(name: keyof typeof MODELS): Model {
  const model = noisyModel(MODELS[name], 1e9);
  for (const value of model.graph.initializers) {
    const { tensor } = value;
    if (!tensor || value.name.length > 1 || value.name === 'b') continue;
    const next = normal(seedFor(value.name));
    const bytes = Uint8Array.from({ length: tensor.byteLength }, () => Math.round(next() * 40) & 255);
    value.tensor = Tensor.of(tensor.dtype, tensor.dims, bytes);
  }
  return model;
}

function codes(model: Model): Buffer[] {
  return [...allGraphs(model)].flatMap((graph) =>
    [...graph.initializers].flatMap(({ tensor }) =>
      tensor && tensor.size >= 64 && /int[48]$/.test(tensor.dtype) ? [Buffer.from(tensor.bytes())] : [],
    ),
  );
}

const SCHEMES = [
  ['int8-dynamic', {}],
  ['int8-weights', {}],
  ['int8-weights', { format: 'cast' }],
  ['int4', {}],
  ['int4', { format: 'qdq' }],
] as const satisfies readonly (readonly [string, Options])[];

describe.for(Object.keys(MODELS) as (keyof typeof MODELS)[])('%s', (name) => {
  it.for(SCHEMES)('%s %j leaves it alone, and says why', async ([scheme, options]) => {
    const original = quantizedModel(name);
    const before = await outputsOf(original);
    const { model, changed, warnings } = await quantize(quantizedModel(name), scheme, options);
    expect(changed).toEqual([]);
    expect(codes(model)).toEqual(codes(original));
    expect(warnings).toEqual([
      expect.stringMatching(/^this model is quantized already: (one weight|\d weights) of /),
    ]);
    const bytes = encodeModel(model);
    // The upgrade to the opset of blocked QDQ renames nothing; a few bytes are those of the import.
    expect(bytes.byteLength).toBeLessThanOrEqual(encodeModel(original).byteLength + 16);
    const after = await outputsOf(bytes, () => before.feeds);
    expect(differences(before.outputs, after.outputs)).toEqual([]);
  });
});

it('quantizes the rest of a model that is quantized in part', async () => {
  const text = `g (float[N,32] x) => (float[N,24] y)
    <int8[32,32] w = {1, -2, 3}, float[32] ws = {0.02}, float[32,24] u = {0}> {
      v = DequantizeLinear <axis = 1> (w, ws) [old] h = MatMul(x, v) [new] y = MatMul(h, u) }`;
  for (const scheme of ['int8-dynamic', 'int8-weights', 'int4'] as const) {
    const { changed, warnings } = await quantize(noisyModel(text), scheme);
    expect(changed).toEqual([expect.stringMatching(/^new \(MatMul\): /)]);
    expect(warnings[0]).toContain('one weight of DequantizeLinear');
  }
});

it('a model without integers is not called quantized', async () => {
  const text =
    'g (float[N,4] x) => (float[N,4] y) <int64[1] axes = {0}> { u = Unsqueeze(x, axes) y = Squeeze(u, axes) }';
  expect((await quantize(noisyModel(text), 'int8-dynamic')).warnings).toEqual([]);
});
