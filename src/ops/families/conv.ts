/** Convolutions and their fused and integer relatives. */

import type { Node } from '../../ir/node.ts';
import * as gradients from '../gradients/conv.ts';
import * as fusion from '../gradients/fused.ts';
import { defineOps, type OpSpec } from '../spec.ts';

/** Data and bias together, or weight and bias. */
const WITH_BIAS = [
  [0, 2],
  [1, 2],
];
const CONV = 'X[n (g i) *t+k], W[(g o) i *k], B[(g o)] -> Y[n (g o) *t] | g=group:1';

/** Scales and zero points of a weight have one element, or one for each output channel. */
function perChannel(node: Node, input: number, name: string): string {
  const dims = node.input(input)?.tensor?.dims ?? node.input(input)?.type?.shape;
  return dims?.length === 1 && dims[0] !== 1 ? `${name}[(g o)]` : '_';
}

function qlinearConv(node: Node): string {
  const weight = ['W[(g o) i *k]', perChannel(node, 4, 'S'), perChannel(node, 5, 'Z')].join(', ');
  const [data, result] =
    node.int('channels_last', 0) === 1
      ? ['X[n *t+k (g i)]', 'Y[n *t (g o)]']
      : ['X[n (g i) *t+k]', 'Y[n (g o) *t]'];
  return `${data}, _, _, ${weight}, _, _, B[(g o)] -> ${result} | g=group:1`;
}

export const convolution: readonly OpSpec[] = [
  {
    type: 'Conv',
    gradient: gradients.conv,
    axes: CONV,
    homogeneous: WITH_BIAS,
    quant: { kind: 'compute', weights: [1], dynamic: 'ConvInteger', static: 'QLinearConv' },
    types: 'T, T, T? -> T',
    bfloat16: 22,
  },
  {
    type: 'ConvTranspose',
    gradient: gradients.convTranspose,
    axes: 'X[n (g i) *s], W[(g i) o *k], B[(g o)] -> Y[n (g o) *s+k] | g=group:1',
    homogeneous: WITH_BIAS,
    quant: { kind: 'compute', weights: [1] },
    types: 'T, T, T? -> T',
    bfloat16: 22,
  },
  {
    type: 'DeformConv',
    axes: 'X[n !(g i) !*s], W[(g o) i !*k], O[n !f !*t], B[(g o)], M[n !m *t] -> Y[n (g o) *t] | g=group:1',
    quant: { kind: 'compute', weights: [1] },
    types: 'T, T, T, T?, T? -> T',
    bfloat16: 22,
  },
  {
    type: 'ConvInteger',
    axes: (node) =>
      `X[n (g i) *t+k], W[(g o) i *k], _, ${perChannel(node, 3, 'Z')} -> Y[n (g o) *t] | g=group:1`,
    quant: { kind: 'quantized' },
    types: 'T1, T2, T1?, T2? -> int32',
  },
  ...defineOps(['QLinearConv', 'com.microsoft.QLinearConv'], {
    axes: qlinearConv,
    quant: { kind: 'quantized' },
    types: 'T1, float32, T1, T2, float32, T2, float32, T3, int32? -> T3',
  }),
  {
    type: 'com.microsoft.FusedConv',
    gradient: { decompose: fusion.fusedConv },
    axes: CONV.replace('B[(g o)]', 'B[(g o)], Z[n (g o) *t]'),
    quant: { kind: 'compute', weights: [1] },
    types: 'T, T, T?, T? -> T',
    bfloat16: null,
  },
  // Made by runtimes for themselves; the layout of the weight is their own business.
  {
    type: 'com.microsoft.NhwcConv',
    quant: { kind: 'compute', weights: [1] },
    types: 'T, T, T? -> T',
    bfloat16: null,
  },
  {
    type: 'com.microsoft.NhwcFusedConv',
    quant: { kind: 'compute', weights: [1] },
    types: 'T, T, T?, T? -> T',
    bfloat16: null,
  },
];
