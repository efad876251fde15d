/** Samples of arithmetic and of functions of one tensor. */
import type { GradientSample } from '../check.ts';

function unary(op: string, more: Partial<GradientSample> = {}): GradientSample {
  return { op, graph: `g (float[2,3,5] x) => (float[2,3,5] y) { y = ${op}(x) }`, ...more };
}

function binary(op: string, more: Partial<GradientSample> = {}): GradientSample[] {
  return [
    { op, graph: `g (float[2,3] a, float[2,3] b) => (float[2,3] y) { y = ${op}(a, b) }`, ...more },
    {
      op,
      about: 'broadcast both ways',
      graph: `g (float[3,1] a, float[2,1,4] b) => (float[2,3,4] y) { y = ${op}(a, b) }`,
      ...more,
    },
    {
      op,
      about: 'a scalar, and one operand twice',
      graph: `g (float[2,3] a, float b) => (float[2,3] y) { t = ${op}(a, b) y = Mul(t, a) }`,
      ...more,
    },
    {
      op: 'CastLike',
      graph: 'g (float[3] x) => (float[3] y) <double[1] d = {1.0}> { t = CastLike(x, d) y = Cast<to=1>(t) }',
    },
  ];
}

const POSITIVE = { range: [0.5, 2] } as const;
const INSIDE = { range: [-0.8, 0.8] } as const;

export const arithmetic: readonly GradientSample[] = [
  ...['Asinh', 'Atan', 'Cos', 'Cosh', 'Erf', 'Exp', 'Neg', 'Sin', 'Sinh', 'Tan', 'Identity'].map((op) =>
    unary(op),
  ),
  ...['Acos', 'Asin', 'Atanh'].map((op) => unary(op, INSIDE)),
  ...['Log', 'Reciprocal', 'Sqrt'].map((op) => unary(op, POSITIVE)),
  unary('Acosh', { range: [1.5, 3] }),
  unary('Abs', { awayFromZero: 0.1 }),
  ...['Add', 'Sub', 'Mul'].flatMap((op) => binary(op)),
  ...['Div', 'Pow'].flatMap((op) => binary(op, POSITIVE)),
  {
    op: 'Pow',
    about: 'constant exponents',
    graph: `g (float[2,3] x) => (float[2,3] y) <float two = {2.0}, float half = {0.5}, float third = {3.0}> {
      a = Pow(x, two) b = Pow(x, half) c = Pow(x, third) d = Add(a, b) y = Add(d, c) }`,
    ...POSITIVE,
  },
  ...['Max', 'Min'].map((op) => ({
    op,
    graph: `g (float[4] a, float[3,4] b, float[3,1] c) => (float[3,4] y) { y = ${op}(a, b, c) }`,
    ranges: { a: [-1, -0.2], b: [-0.1, 0.4], c: [0.6, 1] } as const,
    // Two of the three never win.
    fixed: op === 'Max' ? ['a', 'b'] : ['b', 'c'],
  })),
  ...['Sum', 'Mean'].map((op) => ({
    op,
    graph: `g (float[4] a, float[3,4] b, float[3,1] c) => (float[3,4] y) { y = ${op}(a, b, c) }`,
  })),
  {
    op: 'Cast',
    graph: 'g (float[3] x) => (float[3] y) { d = Cast<to=11>(x) y = Cast<to=1>(d) }',
  },
  {
    op: 'CastLike',
    graph: 'g (float[3] x) => (float[3] y) <double[1] d = {1.0}> { t = CastLike(x, d) y = Cast<to=1>(t) }',
  },
];
