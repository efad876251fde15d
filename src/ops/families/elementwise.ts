/** Elementwise functions of one tensor. */
import { defineOps, type OpSpec } from '../spec.ts';

const SAME = 'X[*s] -> Y[*s]';
const FLOAT = {
  kind: 'float-only',
  reason: 'a nonlinear function: onnxruntime computes it in float',
} as const;

export const elementwise: readonly OpSpec[] = [
  ...defineOps(['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cosh', 'Sinh'], {
    axes: SAME,
    quant: FLOAT,
    types: 'T -> T',
    bfloat16: 22,
  }),
  ...defineOps(['Cos', 'Sin', 'Tan'], {
    axes: SAME,
    quant: FLOAT,
    types: 'T -> T',
    bfloat16: 22,
    periodic: true,
  }),
  ...defineOps(['Erf', 'Exp', 'Log', 'Reciprocal', 'Sqrt'], { axes: SAME, quant: FLOAT, types: 'T -> T' }),
  ...defineOps(['Abs', 'Neg'], {
    axes: SAME,
    homogeneous: [[0]],
    quant: { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' },
    types: 'T -> T',
  }),
  ...defineOps(['Ceil', 'Floor'], {
    axes: SAME,
    quant: { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' },
    types: 'T -> T',
  }),
  {
    type: 'Round',
    axes: SAME,
    quant: { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' },
    types: 'T -> T',
    bfloat16: 22,
  },
  {
    type: 'Sign',
    axes: SAME,
    quant: { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' },
    types: 'T -> T',
    cpuBfloat16: true,
  },
  { type: 'BitwiseNot', axes: SAME, quant: { kind: 'exact' }, types: 'T -> T' },
  {
    type: 'IsInf',
    axes: SAME,
    quant: { kind: 'exact' },
    types: 'T1 -> bool',
    float16: 20,
    bfloat16: 20,
    cpuBfloat16: true,
  },
  { type: 'IsNaN', axes: SAME, quant: { kind: 'exact' }, types: 'T1 -> bool', cpuBfloat16: true },
  { type: 'Not', axes: SAME, quant: { kind: 'exact' }, types: 'bool -> bool' },
];
