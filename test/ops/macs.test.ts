import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { int, text } from '../../src/ir/attribute.ts';
import type { Model } from '../../src/ir/model.ts';
import { allNodes } from '../../src/ir/walk.ts';
import { decodeModel } from '../../src/onnx/read.ts';
import { countMacs, macs } from '../../src/ops/macs.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { backendModels } from '../support/corpus.ts';
import { parseModel } from '../support/parse.ts';
import { nodeOf } from './support.ts';

async function total(model: Model): Promise<number> {
  await inferTypes(model);
  let sum = 0;
  for (const node of allNodes(model)) sum += macs(node) ?? Number.NaN;
  return sum;
}

describe('MACs of a node', () => {
  const cases: readonly (readonly [string, ReturnType<typeof nodeOf>, number])[] = [
    [
      'Conv',
      nodeOf('Conv', {
        inputs: [
          [2, 3, 9, 9],
          [8, 3, 3, 5],
        ],
        outputs: [[2, 8, 7, 5]],
      }),
      2 * 8 * 7 * 5 * 3 * 3 * 5,
    ],
    [
      'depthwise Conv',
      nodeOf('Conv', {
        inputs: [
          [1, 8, 9, 9],
          [8, 1, 3, 3],
        ],
        outputs: [[1, 8, 7, 7]],
        attributes: { group: int(8) },
      }),
      8 * 7 * 7 * 9,
    ],
    [
      // Every element of the input meets the whole kernel.
      'ConvTranspose',
      nodeOf('ConvTranspose', {
        inputs: [
          [1, 6, 5, 5],
          [6, 4, 2, 2],
        ],
        outputs: [[1, 4, 10, 10]],
      }),
      6 * 5 * 5 * 4 * 2 * 2,
    ],
    [
      'MatMul',
      nodeOf('MatMul', {
        inputs: [
          [2, 5, 8],
          [8, 4],
        ],
        outputs: [[2, 5, 4]],
      }),
      2 * 5 * 8 * 4,
    ],
    [
      'batched MatMul with stretching',
      nodeOf('MatMul', {
        inputs: [
          [3, 1, 5, 8],
          [2, 8, 4],
        ],
        outputs: [[3, 2, 5, 4]],
      }),
      3 * 2 * 5 * 8 * 4,
    ],
    ['MatMul of vectors', nodeOf('MatMul', { inputs: [[8], [8]], outputs: [[]] }), 8],
    [
      'Gemm with a bias',
      nodeOf('Gemm', { inputs: [[2, 8], [4, 8], [4]], outputs: [[2, 4]], attributes: { transB: int(1) } }),
      2 * 8 * 4,
    ],
    [
      'Einsum',
      nodeOf('Einsum', {
        inputs: [
          [2, 3, 4],
          [2, 5, 4],
        ],
        outputs: [[2, 3, 5]],
        attributes: { equation: text('bmk,bnk->bmn') },
      }),
      2 * 3 * 4 * 5,
    ],
    [
      'LSTM, both directions',
      nodeOf('LSTM', {
        inputs: [
          [7, 2, 5],
          [2, 12, 5],
          [2, 12, 3],
        ],
        outputs: [[7, 2, 2, 3]],
        attributes: { hidden_size: int(3) },
      }),
      7 * 2 * 2 * 4 * 3 * (5 + 3),
    ],
    [
      'GRU',
      nodeOf('GRU', {
        inputs: [
          [7, 2, 5],
          [1, 9, 5],
          [1, 9, 3],
        ],
      }),
      7 * 2 * 3 * 3 * (5 + 3),
    ],
    [
      'self-attention, fused',
      nodeOf('com.microsoft.Attention', {
        inputs: [[1, 6, 8], [8, 24], [24]],
        attributes: { num_heads: int(2) },
      }),
      6 * 8 * 24 + 2 * 6 * 6 * 8,
    ],
    [
      'multi-head attention',
      nodeOf('com.microsoft.MultiHeadAttention', {
        inputs: [
          [1, 6, 8],
          [1, 5, 8],
          [1, 5, 8],
        ],
        attributes: { num_heads: int(2) },
      }),
      2 * 6 * 5 * 8,
    ],
    [
      'Attention of rank 4',
      nodeOf('Attention', {
        inputs: [
          [1, 2, 6, 4],
          [1, 2, 5, 4],
          [1, 2, 5, 3],
        ],
      }),
      2 * 6 * 5 * (4 + 3),
    ],
    [
      'MatMulNBits',
      nodeOf('com.microsoft.MatMulNBits', {
        inputs: [[2, 6, 64], [10, 2, 16], [20]],
        attributes: { K: int(64), N: int(10) },
      }),
      2 * 6 * 64 * 10,
    ],
    ['Add', nodeOf('Add', { inputs: [[2, 8], [8]] }), 0],
    ['MaxPool', nodeOf('MaxPool', { inputs: [[1, 8, 9, 9]], outputs: [[1, 8, 4, 4]] }), 0],
    ['Gather', nodeOf('Gather', { inputs: [[100, 8], [5]] }), 0],
    ['If', nodeOf('If', { inputs: [[]] }), 0],
  ];
  it.for(cases)('%s', ([, node, expected]) => {
    expect(macs(node)).toBe(expected);
  });

  it.for([
    [
      'symbolic',
      nodeOf('MatMul', {
        inputs: [
          ['batch', 8],
          [8, 4],
        ],
      }),
      /batch is symbolic/,
    ],
    [
      'unknown',
      nodeOf('MatMul', {
        inputs: [
          [null, 8],
          [8, 4],
        ],
      }),
      /size of m is unknown/,
    ],
    ['of unknown rank', nodeOf('MatMul', { inputs: [null, [8, 4]] }), /unknown/],
    [
      'contradictory',
      nodeOf('MatMul', {
        inputs: [
          [2, 9],
          [8, 4],
        ],
      }),
      /axis k of B is 8, elsewhere 9/,
    ],
    ['of an operator nobody knows', nodeOf('custom.Op', { inputs: [[2]] }), /nothing is known of custom.Op/],
    [
      'of unclear meaning',
      nodeOf('Einsum', { inputs: [[2, 2]], attributes: { equation: text('ii->i') } }),
      /unknown/,
    ],
  ] as const)('are not made up when sizes are %s', ([, node, reason]) => {
    const count = countMacs(node);
    expect('unknown' in count && count.unknown).toMatch(reason);
    expect(macs(node)).toBeNull();
  });

  it('take shapes from where the caller says', () => {
    const node = nodeOf('MatMul', {
      inputs: [
        ['batch', 8],
        [8, 4],
      ],
    });
    const [first] = node.inputs;
    expect(macs(node, (value) => (value === first ? [3, 8] : (value.type?.shape ?? null)))).toBe(3 * 8 * 4);
  });
});

describe('MACs of a network', () => {
  it('LeNet-5', async () => {
    const model =
      parseModel(`lenet (float[1,1,28,28] x, float[6,1,5,5] w1, float[16,6,5,5] w2, float[400,120] w3,
      float[120,84] w4, float[84,10] w5) => (y) {
      a = Conv <pads = [2, 2, 2, 2]> (x, w1)
      b = AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (a)
      c = Conv (b, w2)
      d = AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (c)
      e = Flatten (d)
      f = MatMul (e, w3)
      g = MatMul (f, w4)
      y = MatMul (g, w5)
    }`);
    // 28x28x6x25 + 10x10x16x150 + 400x120 + 120x84 + 84x10
    expect(await total(model)).toBe(117_600 + 240_000 + 48_000 + 10_080 + 840);
  });

  const zoo = new Map(backendModels().map(({ id, path }) => [id.replace(/^.*light_/, ''), path]));
  const conv = (size: number, output: number, input: number, kernel: number) =>
    size * size * output * input * kernel * kernel;
  const known: readonly (readonly [string, number])[] = [
    [
      // Two groups in the second, fourth and fifth convolution.
      'bvlc_alexnet',
      conv(54, 96, 3, 11) +
        conv(26, 256, 48, 5) +
        conv(12, 384, 256, 3) +
        conv(12, 384, 192, 3) +
        conv(12, 256, 192, 3) +
        9216 * 4096 +
        4096 * 4096 +
        4096 * 1000,
    ],
    [
      'vgg19',
      conv(224, 64, 3, 3) +
        conv(224, 64, 64, 3) +
        conv(112, 128, 64, 3) +
        conv(112, 128, 128, 3) +
        conv(56, 256, 128, 3) +
        3 * conv(56, 256, 256, 3) +
        conv(28, 512, 256, 3) +
        3 * conv(28, 512, 512, 3) +
        4 * conv(14, 512, 512, 3) +
        25088 * 4096 +
        4096 * 4096 +
        4096 * 1000,
    ],
  ];
  it.for(known)('%s', async ([name, expected], { skip }) => {
    const path = zoo.get(name) ?? skip('the ONNX test data are not installed');
    expect(await total(decodeModel(readFileSync(path)))).toBe(expected);
  });
});
