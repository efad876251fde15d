/** int8-weights on models whose floats are not float32: their type stays, their weights become integers. */

import { describe, expect, it } from 'vitest';
import { asFloats } from '../../src/data/cast.ts';
import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { encodeHalf } from '../../src/numeric/half.ts';
import { Similarity } from '../../src/numeric/similarity.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { normal, seedFor } from '../../src/random.ts';
import { outputsOf } from '../support/equivalence.ts';
import { graphOf, OTHER_FLOATS } from '../support/quantize-graphs.ts';
import { noisyModel, type Options, quantize } from '../support/quantized.ts';

const SETTINGS: readonly Options[] = [
  {},
  { format: 'cast' },
  { weightType: 'uint8' },
  { perChannel: false },
  { symmetric: false, weightType: 'uint8' },
];

function constantBytes(model: Model): number {
  let bytes = 0;
  for (const graph of allGraphs(model))
    for (const { tensor } of graph.initializers) bytes += tensor?.byteLength ?? 0;
  return bytes;
}

describe.for(Object.keys(OTHER_FLOATS))('%s', (name) => {
  it.for(SETTINGS)('%j: smaller, of the same types', async (options) => {
    const before = graphOf(name);
    const bytes = constantBytes(before);
    const { outputs, feeds } = await outputsOf(encodeModel(before));
    const { model, changed } = await quantize(graphOf(name), 'int8-weights', options);
    expect(changed.length).toBeGreaterThan(0);
    expect(constantBytes(model)).toBeLessThan(bytes * 0.65);
    const after = await outputsOf(encodeModel(model), () => feeds);
    for (const [key, tensor] of Object.entries(outputs))
      expect([key, after.outputs[key]?.dtype, after.outputs[key]?.dims]).toEqual([
        key,
        tensor.dtype,
        tensor.dims,
      ]);
  });
});

it('weights whose scales half precision could not hold keep their digits', async () => {
  const make = (): Model => {
    const model = noisyModel(
      'g (float16[64,64] x) => (float16[64,48] y) <float16[64,48] w = {0}, float16 up = {8192}> { u = Mul(x, up) y = MatMul(u, w) }',
    );
    const next = normal(seedFor('tiny'));
    const codes = new Uint16Array(64 * 48);
    encodeHalf(
      Float32Array.from(codes, () => next() * 3e-5),
      codes,
    );
    for (const value of model.graph.initializers)
      if (value.name === 'w') value.tensor = Tensor.of('float16', [64, 48], codes);
    return model;
  };
  const { outputs, feeds } = await outputsOf(encodeModel(make()));
  const { model } = await quantize(make(), 'int8-weights');
  const after = await outputsOf(encodeModel(model), () => feeds);

  const similarity = new Similarity();
  const [a, b] = [outputs['y'], after.outputs['y']].map((tensor) => tensor && asFloats(tensor));
  if (!a || !b) throw new Error('no numbers');
  similarity.add(a, b);
  expect(similarity.sqnrDb).toBeGreaterThan(25);
});
