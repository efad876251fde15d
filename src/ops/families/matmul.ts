/** Matrix products. */

import type { Node } from '../../ir/node.ts';
import * as fusion from '../gradients/fused.ts';
import * as gradients from '../gradients/matmul.ts';
import { rankOf, tensor } from '../labels.ts';
import { defineOps, type OpSpec } from '../spec.ts';

/** numpy.matmul: an operand of one axis is a row or a column that leaves no axis behind. Unknown ranks are taken as two. */
function product(node: Node, left = 0, right = 1, flip: { a?: boolean; b?: boolean } = {}) {
  const row = rankOf(node, left) === 1;
  const column = rankOf(node, right) === 1;
  const a = row ? ['k'] : ['*b', ...(flip.a ? ['k', 'm'] : ['m', 'k'])];
  const b = column ? ['k'] : ['*b', ...(flip.b ? ['n', 'k'] : ['k', 'n'])];
  const y = ['*b', ...(row ? [] : ['m']), ...(column ? [] : ['n'])];
  return { a: tensor('A', a), b: tensor('B', b), y: tensor('Y', y) };
}

/** Scale or zero point of the second operand: one for all, or one for each column. */
function perColumn(node: Node, input: number, name: string): string {
  const dims = node.input(input)?.tensor?.dims ?? node.input(input)?.type?.shape;
  return dims?.length === 1 && dims[0] !== 1 ? `${name}[n]` : '_';
}

function matmul(node: Node): string {
  const { a, b, y } = product(node);
  return `${a}, ${b} -> ${y}`;
}

function fusedMatMul(node: Node): string | null {
  if (node.int('transBatchA', 0) !== 0 || node.int('transBatchB', 0) !== 0) return null;
  const { a, b, y } = product(node, 0, 1, { a: node.int('transA', 0) !== 0, b: node.int('transB', 0) !== 0 });
  return `${a}, ${b} -> ${y}`;
}

export const matrixProduct: readonly OpSpec[] = [
  {
    type: 'MatMul',
    axes: matmul,
    homogeneous: [[0], [1]],
    quant: {
      kind: 'compute',
      weights: [0, 1],
      dynamic: 'MatMulInteger',
      static: 'QLinearMatMul',
      floatResult: true,
      blocked: 'com.microsoft.MatMulNBits',
    },
    gradient: gradients.matrixProduct,
    types: 'T, T -> T',
  },
  {
    type: 'MatMulInteger',
    axes: (node) => {
      const { a, b, y } = product(node);
      return `${a}, ${b}, _, ${perColumn(node, 3, 'Z')} -> ${y}`;
    },
    quant: { kind: 'quantized' },
    types: 'T1, T2, T1?, T2? -> int32',
  },
  {
    type: 'QLinearMatMul',
    axes: (node) => {
      const { a, b, y } = product(node, 0, 3);
      return `${a}, _, _, ${b}, ${perColumn(node, 4, 'S')}, ${perColumn(node, 5, 'Z')}, _, _ -> ${y}`;
    },
    quant: { kind: 'quantized' },
    types: 'T1, TS, T1, T2, TS, T2, TS, T3 -> T3',
    float16: 21,
    bfloat16: 21,
  },
  {
    type: 'com.microsoft.DynamicQuantizeMatMul',
    axes: (node) => {
      const { a, b, y } = product(node);
      return `${a}, ${b}, ${perColumn(node, 2, 'S')}, ${perColumn(node, 3, 'Z')}, C[n] -> ${y}`;
    },
    quant: { kind: 'quantized' },
    types: 'float32, T2, float32, T2?, float32? -> float32',
  },
  {
    type: 'com.microsoft.MatMulIntegerToFloat',
    axes: (node) => {
      const { a, b, y } = product(node);
      return `${a}, ${b}, _, ${perColumn(node, 3, 'S')}, _, ${perColumn(node, 5, 'Z')}, C[n] -> ${y}`;
    },
    quant: { kind: 'quantized' },
    types: 'T1, T2, T3, T3, T1?, T2?, T3? -> T3',
    bfloat16: null,
  },
  ...defineOps(['com.microsoft.FusedMatMul', 'com.microsoft.TransposeMatMul'], {
    gradient: { decompose: fusion.fusedMatMul },
    axes: fusedMatMul,
    homogeneous: [[0], [1]],
    quant: { kind: 'compute', weights: [0, 1] },
    types: 'T, T -> T',
  }),
];
