/** What models quantized with ranges from data compute: close to the float model, the same with and without fusions. */

import { describe, expect, it } from 'vitest';
import { Tensor } from '../../../src/ir/tensor.ts';
import { type Options, quantize } from '../../support/quantized.ts';
import {
  decibels,
  distance,
  EXACT,
  floats,
  nodesOf,
  numberOf,
  quantized,
  run,
} from '../../support/static.ts';
import { STATIC_NAMES, type StaticGraph, staticGraph } from '../../support/static-graphs.ts';

/** Signal to noise in dB that every graph reaches with its few random weights of 7 bits. */
const SETTINGS: readonly (readonly [number, Options])[] = [
  [24, {}],
  [24, { activationType: 'int8' }],
  [22, { activationSymmetric: true, perChannel: false }],
  [32, { activationType: 'uint16' }],
];

describe.for(STATIC_NAMES)('%s', (name) => {
  it('is close to the float model', async () => {
    const before = await run(staticGraph(name));
    for (const [least, options] of SETTINGS) {
      const { model } = await quantized(name, options);
      const after = await run(model);
      for (const output of Object.keys(before))
        expect(
          decibels(floats(before, output), floats(after, output)),
          JSON.stringify(options),
        ).toBeGreaterThan(least);
    }
  });

  it('gives what its nodes say, whatever kernels they become', async () => {
    const { model } = await quantized(name);
    const [fused, plain] = [await run(model), await run(model, { optimize: 'disabled' })];
    // The last quantizer may round a sum either way; float results differ by float rounding.
    const step = Math.max(0, ...nodesOf(model, 'QuantizeLinear').map((node) => numberOf(node.input(1))));
    for (const output of Object.keys(fused))
      expect(distance(floats(fused, output), floats(plain, output))).toBeLessThanOrEqual(step + 1e-5);
  });
});

describe('a Relu or Clip', () => {
  const CUT: readonly StaticGraph[] = [
    'a Relu behind a Reshape',
    'a Relu behind a Concat',
    'a Concat of what is cut off and what is not',
    'Conv, Relu, Conv',
    'Conv, Clip, Conv',
  ];

  it.for(CUT)('is never lost: %s', async (name) => {
    const before = await run(staticGraph(name));
    for (const activationType of ['uint8', 'int8', 'int16'] as const) {
      const { model } = await quantized(name, { activationType });
      expect(decibels(floats(before, 'y'), floats(await run(model), 'y'))).toBeGreaterThan(24);
    }
  });

  it.for(['uint8', 'int8'] as const)('cuts off where calibration saw nothing but zeros: %s', async (type) => {
    const graph = staticGraph('Conv, Relu, Conv');
    for (const value of graph.graph.initializers)
      if (value.name === 'b' && value.tensor)
        value.tensor = Tensor.of('float32', [8], new Float32Array(8).fill(-50));
    const { model } = await quantize(graph, 'int8', { ...EXACT, activationType: type });
    expect(nodesOf(model, 'Relu')).toEqual([]);
    expect(Math.max(...floats(await run(model), 'y').map(Math.abs))).toBe(0);
  });
});

describe('layers that no sample reaches', () => {
  it('keep float arithmetic, with that reason', async () => {
    const { model, changed } = await quantized('a branch never taken');
    const layers = nodesOf(model, 'MatMul');
    const isFloat = layers.map((node) => node.input(0)?.producer?.op !== 'DequantizeLinear');
    expect(layers.map(({ name }, at) => [name, isFloat[at]])).toEqual([
      ['ma', true],
      ['mb', false],
    ]);
    expect(changed.join()).toContain('no sample of the data reaches it');
  });
});
