/** Samples of matrix products and softmax. */
import type { GradientSample } from '../check.ts';

function matmul(about: string, a: string, b: string, y: string): GradientSample {
  return {
    op: 'MatMul',
    about,
    graph: `g (float${a} a, float${b} b) => (float${y} y) { y = MatMul(a, b) }`,
  };
}

function gemm(transA: number, transB: number, bias: string): GradientSample {
  const [a, b] = [transA ? '[4,3]' : '[3,4]', transB ? '[5,4]' : '[4,5]'];
  return {
    op: 'Gemm',
    about: `${transA}${transB} and a bias of ${bias || 'one number'}`,
    graph: `g (float${a} a, float${b} b, float${bias} c) => (float[3,5] y) {
      y = Gemm<alpha=0.5, beta=2.0, transA=${transA}, transB=${transB}>(a, b, c) }`,
  };
}

export const matrixProducts: readonly GradientSample[] = [
  matmul('two matrices', '[3,4]', '[4,5]', '[3,5]'),
  matmul('a stack and a matrix', '[2,2,3,4]', '[4,5]', '[2,2,3,5]'),
  matmul('stacks', '[2,3,4]', '[2,4,5]', '[2,3,5]'),
  matmul('stacks broadcast', '[2,1,3,4]', '[3,4,5]', '[2,3,3,5]'),
  matmul('a matrix and a stack', '[3,4]', '[2,4,5]', '[2,3,5]'),
  matmul('vectors', '[4]', '[4]', ''),
  matmul('a row', '[4]', '[2,4,5]', '[2,5]'),
  matmul('a column', '[2,3,4]', '[4]', '[2,3]'),
  ...['[5]', '[3,1]', '[3,5]', ''].map((bias, at) => gemm(at & 1, at >> 1, bias)),
  { op: 'Softmax', graph: 'g (float[2,3,4] x) => (float[2,3,4] y) { y = Softmax(x) }' },
  {
    op: 'Softmax',
    about: 'an axis inside',
    graph: 'g (float[2,3,4] x) => (float[2,3,4] y) { y = Softmax<axis=1>(x) }',
  },
  { op: 'LogSoftmax', graph: 'g (float[2,3,4] x) => (float[2,3,4] y) { y = LogSoftmax<axis=-2>(x) }' },
];
