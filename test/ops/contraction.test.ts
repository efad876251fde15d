import { describe, expect, it } from 'vitest';
import { int, text } from '../../src/ir/attribute.ts';
import { blockAxis } from '../../src/ops/block-axis.ts';
import { channelAxis, contractionAxes } from '../../src/ops/contraction.ts';
import { nodeOf } from './support.ts';

type Case = readonly [
  name: string,
  node: ReturnType<typeof nodeOf>,
  input: number,
  channel: number | null,
  contraction: readonly number[],
  block: number | null,
];

const image = [1, 8, 16, 16];
const cases: readonly Case[] = [
  ['Conv', nodeOf('Conv', { inputs: [image, [4, 8, 3, 3], [4]] }), 1, 0, [1, 2, 3], 1],
  [
    'Conv of one dimension',
    nodeOf('Conv', {
      inputs: [
        [1, 8, 16],
        [4, 8, 3],
      ],
    }),
    1,
    0,
    [1, 2],
    1,
  ],
  [
    'depthwise Conv',
    nodeOf('Conv', { inputs: [image, [8, 1, 3, 3]], attributes: { group: int(8) } }),
    1,
    0,
    [1, 2, 3],
    1,
  ],
  ['Conv on an untyped value', nodeOf('Conv', { inputs: [null, [4, 8, 3, 3]] }), 1, 0, [1, 2, 3], 1],
  ['ConvTranspose', nodeOf('ConvTranspose', { inputs: [image, [8, 4, 3, 3]] }), 1, 1, [0], 0],
  ['FusedConv', nodeOf('com.microsoft.FusedConv', { inputs: [image, [4, 8, 3, 3]] }), 1, 0, [1, 2, 3], 1],
  [
    'MatMul',
    nodeOf('MatMul', {
      inputs: [
        [2, 5, 8],
        [8, 4],
      ],
    }),
    1,
    1,
    [0],
    0,
  ],
  [
    'batched MatMul',
    nodeOf('MatMul', {
      inputs: [
        [2, 5, 8],
        [2, 8, 4],
      ],
    }),
    1,
    2,
    [1],
    1,
  ],
  ['MatMul by a vector', nodeOf('MatMul', { inputs: [[5, 8], [8]] }), 1, null, [0], 0],
  [
    'MatMul, constant on the left',
    nodeOf('MatMul', {
      inputs: [
        [5, 8],
        [8, 4],
      ],
    }),
    0,
    0,
    [1],
    1,
  ],
  ['MatMul on an untyped value', nodeOf('MatMul', { inputs: [null, [8, 4]] }), 1, 1, [0], 0],
  ['Gemm', nodeOf('Gemm', { inputs: [[2, 8], [8, 4], [4]] }), 1, 1, [0], 0],
  [
    'Gemm transB',
    nodeOf('Gemm', { inputs: [[2, 8], [4, 8], [4]], attributes: { transB: int(1) } }),
    1,
    0,
    [1],
    1,
  ],
  [
    'Gemm transA',
    nodeOf('Gemm', {
      inputs: [
        [8, 2],
        [8, 4],
      ],
      attributes: { transA: int(1) },
    }),
    0,
    1,
    [0],
    0,
  ],
  [
    'FusedMatMul transB',
    nodeOf('com.microsoft.FusedMatMul', {
      inputs: [
        [2, 8],
        [4, 8],
      ],
      attributes: { transB: int(1) },
    }),
    1,
    0,
    [1],
    1,
  ],
  [
    'Einsum',
    nodeOf('Einsum', {
      inputs: [
        [2, 8],
        [4, 8],
      ],
      attributes: { equation: text('bi,oi->bo') },
    }),
    1,
    0,
    [1],
    1,
  ],
  [
    'Einsum without arrow',
    nodeOf('Einsum', {
      inputs: [
        [2, 8],
        [8, 4],
      ],
      attributes: { equation: text('ij,jk') },
    }),
    1,
    1,
    [0],
    0,
  ],
  [
    'Einsum with ellipsis',
    nodeOf('Einsum', {
      inputs: [
        [9, 2, 8],
        [8, 4],
      ],
      attributes: { equation: text('...ij,jk->...ik') },
    }),
    1,
    1,
    [0],
    0,
  ],
  [
    'LSTM input weights',
    nodeOf('LSTM', {
      inputs: [
        [5, 1, 8],
        [1, 16, 8],
        [1, 16, 4],
      ],
    }),
    1,
    1,
    [2],
    2,
  ],
  [
    'LSTM recurrent weights',
    nodeOf('LSTM', {
      inputs: [
        [5, 1, 8],
        [1, 16, 8],
        [1, 16, 4],
      ],
    }),
    2,
    1,
    [2],
    2,
  ],
  [
    'RNN recurrent weights',
    nodeOf('RNN', {
      inputs: [
        [5, 1, 8],
        [1, 4, 8],
        [1, 4, 4],
      ],
    }),
    2,
    1,
    [2],
    2,
  ],
  [
    'Attention',
    nodeOf('com.microsoft.Attention', {
      inputs: [[1, 5, 8], [8, 24], [24]],
      attributes: { num_heads: int(2) },
    }),
    1,
    1,
    [0],
    0,
  ],
  [
    'Gather',
    nodeOf('Gather', {
      inputs: [
        [100, 8],
        [1, 5],
      ],
    }),
    0,
    null,
    [],
    1,
  ],
  [
    'Gather along the last axis',
    nodeOf('Gather', {
      inputs: [
        [100, 8],
        [1, 5],
      ],
      attributes: { axis: int(-1) },
    }),
    0,
    null,
    [],
    null,
  ],
  ['Add', nodeOf('Add', { inputs: [[2, 8], [8]] }), 1, null, [], null],
  ['a bias', nodeOf('Conv', { inputs: [image, [4, 8, 3, 3], [4]] }), 2, null, [], null],
  ['an unknown operator', nodeOf('custom.Op', { inputs: [[2, 8], [8]] }), 1, null, [], null],
  ['a weight of unknown rank', nodeOf('MatMul', { inputs: [[2, 8], null] }), 1, null, [], null],
];

describe('axes of a weight', () => {
  it.for(cases)('%s', ([, node, input, channel, contraction, block]) => {
    expect(channelAxis(node, input)).toBe(channel);
    expect(contractionAxes(node, input)).toEqual(contraction);
    expect(blockAxis(node, input)).toBe(block);
  });
});
