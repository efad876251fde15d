/** Weights with several users are stored once, whoever they are and in whatever order they come. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { graphOf } from '../support/quantize-graphs.ts';
import { type FixedScheme, type Options, quantize } from '../support/quantized.ts';

/** Constants of 256 elements and more, largest first. */
function large(model: Model): string[] {
  return [...allGraphs(model)]
    .flatMap((graph) => [...graph.initializers])
    .flatMap(({ tensor }) => (tensor && tensor.byteLength >= 256 ? [`${tensor.dtype}[${tensor.dims}]`] : []));
}

const TIED = [
  'an embedding tied to its projection',
  'an embedding tied to a Gemm',
  'a projection that stands before its embedding',
  'a Gather in a branch',
];

const SETTINGS: readonly (readonly [FixedScheme, Options])[] = [
  ['int8-dynamic', {}],
  ['int8-dynamic', { weightType: 'uint8' }],
  ['int8-dynamic', { perChannel: false }],
  ['int8-dynamic', { symmetric: false, weightType: 'uint8' }],
  ['int8-weights', {}],
  ['int8-weights', { weightType: 'uint8' }],
  ['int8-weights', { format: 'cast' }],
  ['int8-weights', { format: 'cast', weightType: 'uint8' }],
  ['int8-weights', { perChannel: false }],
];

describe.for(TIED)('%s', (name) => {
  it.for(SETTINGS)('%s %j: one set of codes', async ([scheme, options]) => {
    const { model } = await quantize(graphOf(name), scheme, options);
    const type = options.weightType ?? 'int8';
    const codes = large(model);
    // Looked up by nobody but Gathers, a table per tensor is better off unsigned.
    expect(codes).toHaveLength(1);
    expect([`${type}[40,64]`, 'uint8[40,64]']).toContain(codes[0]);
  });

  it('int4: one set of codes', async () => {
    for (const options of [{}, { symmetric: true }, { rounding: 'hqq' }, { bits: 8 }] as const) {
      const { model } = await quantize(graphOf(name), 'int4', options);
      const { bits = 4 } = { bits: undefined, ...options };
      expect(large(model).filter((each) => each.startsWith('uint8'))).toEqual([`uint8[40,2,${bits * 4}]`]);
    }
  });
});

describe('a weight and its transpose', () => {
  it.for(SETTINGS)('%s %j: one set of codes', async ([scheme, options]) => {
    const { model } = await quantize(graphOf('a weight and its transpose'), scheme, options);
    expect(large(model)).toEqual([`${options.weightType ?? 'int8'}[64,48]`]);
  });

  it('int4: blocks run along the contraction, which differs, so there are two sets of codes and no floats', async () => {
    const { model } = await quantize(graphOf('a weight and its transpose'), 'int4');
    expect(large(model)).toEqual(['uint8[48,2,16]', 'float32[48,2]', 'uint8[64,2,16]', 'float32[64,2]']);
    const qdq = await quantize(graphOf('a weight and its transpose'), 'int4', { format: 'qdq' });
    expect(large(qdq.model)).toEqual(['uint4[64,48]', 'float32[2,48]']);
  });
});

describe('the byte-level GPT, whose embedding is its output projection', () => {
  const path = join(FIXTURES, 'gpt-bytes.onnx');
  const embedding = 256 * 128;

  it.for([
    ['int8-dynamic', 1],
    ['int8-weights', 1],
    ['int4', 0.5],
  ] as const)('%s keeps it one tensor', async ([scheme, bytesEach]) => {
    const { model } = openModel(path);
    const before = encodeModel(model).byteLength;
    await quantize(model, scheme);
    const held = [...model.graph.initializers].flatMap(({ name, tensor }) =>
      name.startsWith('bytes.weight') && tensor && tensor.byteLength >= embedding * bytesEach ? [name] : [],
    );
    expect(held).toHaveLength(1);
    expect(encodeModel(model).byteLength).toBeLessThan(before * (scheme === 'int4' ? 0.25 : 0.35));
  });

  it("onnxruntime's tool duplicates it, as the parity mode does", async () => {
    const { model } = openModel(path);
    await quantize(model, 'int8-dynamic', { parity: 'ort' });
    const held = [...model.graph.initializers].flatMap(({ name, tensor }) =>
      name.startsWith('bytes.weight') && tensor && tensor.byteLength >= embedding ? [tensor.dtype] : [],
    );
    expect(held.length).toBeGreaterThan(1);
  });
});
