/** Gemm: alpha op(A) op(B) + beta C, and its fused and quantized forms. */

import type { Node } from '../../ir/node.ts';
import * as fusion from '../gradients/fused.ts';
import * as gradients from '../gradients/matmul.ts';
import { rankOf, tensor, trailing } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

function operands(node: Node): { a: string; b: string } {
  return { a: node.int('transA', 0) ? 'A[k m]' : 'A[m k]', b: node.int('transB', 0) ? 'B[n k]' : 'B[k n]' };
}

function gemm(node: Node): string {
  const { a, b } = operands(node);
  return `${a}, ${b}, ${tensor('C', trailing(['m', 'n'], rankOf(node, 2)))} -> Y[m n]`;
}

function quantizedGemm(node: Node): string {
  const { a, b } = operands(node);
  const perColumn = (input: number, name: string) => (rankOf(node, input) === 1 ? `${name}[n]` : '_');
  const bias = tensor('C', trailing(['m', 'n'], rankOf(node, 6)));
  return `${a}, _, _, ${b}, ${perColumn(4, 'S')}, ${perColumn(5, 'Z')}, ${bias}, _, _ -> Y[m n]`;
}

export const gemmFamily: readonly OpSpec[] = [
  {
    type: 'Gemm',
    axes: gemm,
    homogeneous: [
      [0, 2],
      [1, 2],
    ],
    quant: {
      kind: 'compute',
      weights: [0, 1],
      dynamic: 'MatMulInteger',
      static: 'com.microsoft.QGemm',
      floatResult: true,
      blocked: 'com.microsoft.MatMulNBits',
    },
    gradient: gradients.gemm,
    types: 'T, T, T? -> T',
  },
  {
    type: 'com.microsoft.FusedGemm',
    gradient: { decompose: fusion.fusedGemm },
    axes: gemm,
    quant: { kind: 'compute', weights: [0, 1] },
    types: 'T, T, T? -> T',
    bfloat16: null,
  },
  {
    type: 'com.microsoft.QGemm',
    axes: quantizedGemm,
    quant: { kind: 'quantized' },
    types: 'TA, float32, TA, TB, float32, TB, int32?, float32?, int8|uint8? -> TY',
    float16: null,
  },
];
