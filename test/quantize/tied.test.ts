/** Weights with several users are stored once, whoever they are and in whatever order they come. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { graphOf } from '../support/quantize-graphs.ts';
import { type FixedScheme, noisyModel, type Options, quantize } from '../support/quantized.ts';

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

  // The tool takes the Transpose to quantized codes as well, so its file holds one table, too.
  it('the parity mode keeps it one tensor, as the tool does', async () => {
    const { model } = openModel(path);
    await quantize(model, 'int8-dynamic', { parity: 'ort' });
    const held = [...model.graph.initializers].flatMap(({ name, tensor }) =>
      name.startsWith('bytes.weight') && tensor && tensor.byteLength >= embedding ? [tensor.dtype] : [],
    );
    expect(held).toEqual(['uint8']);
  });
});

describe('one small weight in very many places', () => {
  const COUNT = 200;
  const initializers = (model: Model): string[] =>
    [...model.graph.initializers].flatMap(({ tensor }) =>
      tensor ? [`${tensor.dtype}[${tensor.dims}]`] : [],
    );
  const nodes = (line: (index: number) => string): string =>
    `${Array.from({ length: COUNT }, (_, i) => line(i)).join(' ')} y = Identity(h${COUNT})`;
  const model = (line: (index: number) => string): Model =>
    noisyModel(`g (float[64,64] h0, int64[N] ids) => (y, rows) <float[64,64] w = {0}> {
      rows = Gather(w, ids) ${nodes(line)} }`);

  it.for([
    ['MatMul', (i: number) => `h${i + 1} = MatMul(h${i}, w)`],
    ['Gemm', (i: number) => `h${i + 1} = Gemm(h${i}, w)`],
    ['Gemm transB', (i: number) => `h${i + 1} = Gemm <transB = 1> (h${i}, w)`],
    ['Gemm transA', (i: number) => `t${i} = Gemm <transA = 1> (h0, w) h${i + 1} = Add(h${i}, t${i})`],
    [
      'Gemm with an alpha of two kinds',
      (i: number) => `h${i + 1} = Gemm <alpha = ${i % 2 ? 0.5 : 2.0}> (h${i}, w)`,
    ],
  ] as const)('int8-dynamic, %s: codes, zero points and transposes once', async ([name, line]) => {
    const { model: result } = await quantize(model(line), 'int8-dynamic');
    const constants = initializers(result);
    expect(constants.filter((each) => each === 'int8[64,64]')).toHaveLength(1);
    expect(constants.length).toBeLessThanOrEqual(name.endsWith('kinds') ? 7 : 6);
    const count = (op: string): number => result.graph.nodes.filter((node) => node.op === op).length;
    expect(count('MatMulInteger')).toBe(COUNT);
    expect(count('Transpose')).toBe(name.includes('trans') ? 1 : 0);
    expect(count('DynamicQuantizeLinear')).toBe(name === 'Gemm transA' ? 1 : COUNT);
  });

  it.for(['int8-weights', 'int4', 'fp16'] as const)('%s: no constant twice', async (scheme) => {
    const { model: result } = await quantize(
      model((i) => `h${i + 1} = MatMul(h${i}, w)`),
      scheme,
    );
    // Codes, scales, zero points, for rows and for columns.
    expect(initializers(result).length).toBeLessThan(10);
    expect(result.graph.nodes.length).toBeLessThan(COUNT + 10);
  });
});
