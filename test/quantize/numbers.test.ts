/** The numbers of quantized models: weights within half a step, results as simulated in JavaScript. */

import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { dequantizedWeight } from '../support/dequantized.ts';
import { differences, type Feeds, outputsOf } from '../support/equivalence.ts';
import { graphOf } from '../support/quantize-graphs.ts';
import { type FixedScheme, type Options, quantize } from '../support/quantized.ts';

const PRODUCTS = [
  'MatMul',
  'MatMul of rank 3',
  'two MatMuls of one value',
  'K not a multiple of a block',
  'Gemm',
  'Gemm transB',
  'Gemm without C',
];

type Case = readonly [name: string, scheme: FixedScheme, options: Options];

const BLOCKS: readonly Case[] = [16, 32, 64, 128].flatMap((blockSize) =>
  [2, 4, 8].flatMap((bits) =>
    [true, false].flatMap((symmetric) =>
      (['default', 'qdq'] as const).map((format): Case => {
        const options = { blockSize, bits, symmetric, format } as Options;
        return [
          `int4 ${bits} bit, blocks of ${blockSize}, ${symmetric ? '' : 'a'}symmetric, ${format}`,
          'int4',
          options,
        ];
      }),
    ),
  ),
);

/** Schemes that leave the arithmetic alone: their result is that of the float graph with other weights. */
const WEIGHT_ONLY: readonly Case[] = [
  ['int8-weights', 'int8-weights', {}],
  ['int8-weights per tensor', 'int8-weights', { perChannel: false }],
  ['int8-weights asymmetric', 'int8-weights', { symmetric: false, weightType: 'uint8' }],
  ['int8-weights of 7 bits', 'int8-weights', { reduceRange: true }],
  ['int8-weights, cast', 'int8-weights', { format: 'cast' }],
  ['int8-weights, cast, unsigned', 'int8-weights', { format: 'cast', weightType: 'uint8' }],
  ['int4 with hqq', 'int4', { rounding: 'hqq' }],
  ...BLOCKS,
];

/** Exact on every machine: unsigned weights, or 7 bits of signed ones. */
const DYNAMIC: readonly Case[] = [
  ['unsigned', 'int8-dynamic', { weightType: 'uint8' }],
  ['unsigned asymmetric', 'int8-dynamic', { weightType: 'uint8', symmetric: false }],
  ['unsigned per tensor', 'int8-dynamic', { weightType: 'uint8', perChannel: false }],
  ['7 bits', 'int8-dynamic', { reduceRange: true }],
  ['7 bits per tensor', 'int8-dynamic', { reduceRange: true, perChannel: false }],
];

function* matrices(model: Model): Generator<{ name: string; tensor: Tensor; values: Float32Array }> {
  for (const { name, tensor } of model.graph.initializers)
    if (tensor?.dtype === 'float32' && tensor.dims.length > 1)
      yield { name, tensor, values: tensor.array() as Float32Array };
}

/** The original model with the weights that the quantized one stands for. */
function withWeightsOf(original: Model, quantized: Model): Model {
  for (const value of original.graph.initializers) {
    const { name, tensor } = value;
    const read = tensor?.dtype === 'float32' ? dequantizedWeight(quantized, name, tensor.dims) : null;
    if (tensor && read) value.tensor = Tensor.of('float32', tensor.dims, Float32Array.from(read.values));
  }
  return original;
}

/** DynamicQuantizeLinear and back: 8 bits over the range of the tensor, zero included, half to even. */
function throughEightBits(feeds: Feeds): Feeds {
  const even = (x: number): number => {
    const near = Math.round(x);
    return Math.abs(x % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
  };
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      if (!(tensor.data instanceof Float32Array)) return [name, tensor];
      const [min, max] = [Math.min(0, ...tensor.data), Math.max(0, ...tensor.data)];
      const scale = Math.fround(Math.fround(max - min) / 255);
      const zero = Math.min(255, Math.max(0, even(Math.fround(0 - Math.fround(min / scale)))));
      const data = tensor.data.map((x) => {
        const code = Math.min(255, Math.max(0, even(Math.fround(x / scale)) + zero));
        return (code - zero) * scale;
      });
      return [name, { ...tensor, data }];
    }),
  );
}

describe.for(PRODUCTS)('%s', (graph) => {
  it.for(WEIGHT_ONLY)(
    '%s: weights within half a step, results as with those weights',
    async ([, scheme, options]) => {
      const { model, outcome } = await quantize(graphOf(graph), scheme, options);
      let found = 0;
      for (const { name, tensor, values } of matrices(graphOf(graph))) {
        const read = dequantizedWeight(model, name, tensor.dims);
        if (!read) {
          // Left alone, with a reason.
          expect(outcome.skipped.map((entry) => entry.what)).toContain(name);
          continue;
        }
        found++;
        if (options.rounding === 'hqq') continue;
        for (const [index, value] of values.entries()) {
          const error = Math.abs(value - (read.values[index] as number));
          // Symmetric codes have one step less on one side, and 7 bits end before the type does: the ends are cut there.
          const step = read.steps[index] as number;
          const allowed = (read.room[index] as number) === 0 ? 1 : 0.5;
          if (error > step * allowed * (1 + 1e-5))
            expect.fail(`${name}[${index}]: ${value} became ${read.values[index]}`);
        }
      }
      const bytes = encodeModel(model);
      const simulated = await outputsOf(withWeightsOf(graphOf(graph), model));
      const actual = await outputsOf(bytes, () => simulated.feeds);
      expect(differences(simulated.outputs, actual.outputs)).toEqual([]);
      expect(found + outcome.skipped.length).toBeGreaterThan(0);
    },
  );
});

describe.for([
  ...PRODUCTS,
  'Gemm alpha and beta',
  'Gemm with a negative alpha',
  'Conv',
  'Conv in groups',
  'Conv of one dimension',
])('%s with integers', (graph) => {
  it.for(DYNAMIC)('%s: results as simulated', async ([, scheme, options]) => {
    const { model } = await quantize(graphOf(graph), scheme, options);
    const bytes = encodeModel(model);
    const { feeds } = await outputsOf(graphOf(graph));
    const reference = withWeightsOf(graphOf(graph), model);
    const alpha = [...reference.graph][0]?.float('alpha', 1) ?? 1;
    // alpha is part of the scales already.
    if (alpha !== 1) for (const node of reference.graph) node.attributes.delete('alpha');
    const simulated = await outputsOf(reference, () => throughEightBits(feeds));
    const actual = await outputsOf(bytes, () => feeds);
    expect(differences(simulated.outputs, actual.outputs)).toEqual([]);
  });
});

it.for([2, 4, 8] as const)(
  'hqq with %i bits is not further from the weights than rounding to nearest',
  async (bits) => {
    const distance = async (graph: string, rounding: 'nearest' | 'hqq'): Promise<number> => {
      const { model } = await quantize(graphOf(graph), 'int4', { bits, rounding, blockSize: 16 });
      let sum = 0;
      for (const { name, tensor, values } of matrices(graphOf(graph))) {
        const read = dequantizedWeight(model, name, tensor.dims);
        // The norm it minimizes: few large errors cost less than many small ones.
        values.forEach((value, index) => {
          sum += Math.abs(value - (read?.values[index] ?? value)) ** 0.7;
        });
      }
      return sum;
    };
    for (const graph of PRODUCTS)
      expect(await distance(graph, 'hqq'), graph).toBeLessThanOrEqual(await distance(graph, 'nearest'));
  },
);
