/** Weights for CPUs that add pairs of products in 16 bits: integer kernels give what the same codes give in floats. */

import { describe, expect, it } from 'vitest';
import { Tensor } from '../../../src/ir/tensor.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import { uniform } from '../../../src/random.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { parseModel } from '../../support/parse.ts';
import { type Options, quantize } from '../../support/quantized.ts';

/** Name, input dims, weight dims, the node, its output. */
const LAYERS: readonly (readonly [string, readonly number[], readonly number[], string, string])[] = [
  ['a product', [7, 130], [130, 33], 'MatMul(x, w)', '7,33'],
  ['a Gemm', [7, 130], [33, 130], 'Gemm<transB = 1>(x, w)', '7,33'],
  ['a stack of products', [2, 7, 65], [2, 65, 9], 'MatMul(x, w)', '2,7,9'],
  ['a pointwise Conv', [1, 66, 5, 5], [17, 66, 1, 1], 'Conv(x, w)', '1,17,5,5'],
  ['a Conv', [1, 5, 9, 9], [16, 5, 3, 3], 'Conv<pads = [1, 1, 1, 1]>(x, w)', '1,16,9,9'],
  ['a Conv with strides', [2, 8, 9, 9], [16, 8, 5, 3], 'Conv<strides = [2, 2]>(x, w)', '2,16,3,4'],
  ['a dilated Conv', [1, 8, 9, 9], [4, 8, 3, 3], 'Conv<dilations = [2, 2]>(x, w)', '1,4,5,5'],
  ['a Conv of groups', [1, 12, 9, 9], [8, 3, 3, 3], 'Conv<group = 4>(x, w)', '1,8,7,7'],
  ['a depthwise Conv', [1, 24, 9, 9], [24, 1, 3, 3], 'Conv<group = 24>(x, w)', '1,24,7,7'],
  ['a depthwise Conv 5x5', [1, 24, 9, 9], [24, 1, 5, 5], 'Conv<group = 24>(x, w)', '1,24,5,5'],
  ['a depthwise Conv of double width', [1, 6, 9, 9], [12, 1, 3, 3], 'Conv<group = 6>(x, w)', '1,12,7,7'],
  ['a Conv over time', [1, 20, 40], [8, 20, 5], 'Conv(x, w)', '1,8,36'],
  ['a depthwise Conv over time', [1, 20, 40], [20, 1, 7], 'Conv<group = 20>(x, w)', '1,20,34'],
  ['a Conv in space', [1, 4, 6, 6, 6], [8, 4, 3, 3, 3], 'Conv(x, w)', '1,8,4,4,4'],
  ['a depthwise Conv in space', [1, 16, 6, 6, 6], [16, 1, 3, 3, 3], 'Conv<group = 16>(x, w)', '1,16,4,4,4'],
];

const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** All weights large and of one sign, as in no trained model: nearly every pair of full codes would saturate. */
function model([name, input, weight, node, output]: (typeof LAYERS)[number]) {
  const made = parseModel(
    `g (float[${input}] x) => (float[${output}] y) <float[${weight}] w = {0}> { y = ${node} }`,
  );
  const next = uniform(name.length);
  for (const value of made.graph.initializers)
    value.tensor = Tensor.of(
      'float32',
      weight,
      Float32Array.from({ length: size(weight) }, () => 0.7 + 0.3 * next()),
    );
  return made;
}

/** The largest difference between integer kernels and floats, in steps of the result. */
async function difference(layer: (typeof LAYERS)[number], options: Options): Promise<number> {
  const { model: quantized } = await quantize(model(layer), 'int8', { data: 'synthetic', ...options });
  const next = uniform(3);
  // Lowest and highest codes only.
  const data = Float32Array.from({ length: size(layer[1]) }, () => (next() < 0.2 ? -9 : 9));
  const results: Float32Array[] = [];
  for (const optimize of ['all', 'disabled'] as const) {
    const session = await openSession({ model: encodeModel(quantized) }, { threads: 1, optimize });
    const { y } = await session.run({ x: { dtype: 'float32', dims: [...layer[1]], data } });
    results.push(y?.data as Float32Array);
    await session.release();
  }
  const [fast, exact] = results as [Float32Array, Float32Array];
  const span = Math.max(...exact) - Math.min(...exact, 0);
  const off = Math.max(...exact.map((value, at) => Math.abs(value - (fast[at] as number))));
  return (255 * off) / (span || 1);
}

describe.each(LAYERS)('%s', (...layer) => {
  it('is exact on CPUs that saturate', async () => {
    for (const options of [{ target: 'x64-avx2' }, { target: 'portable', perChannel: false }] as const)
      expect(await difference(layer, options)).toBeLessThanOrEqual(1.01);
  });
});
