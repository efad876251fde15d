/** Elementwise functions of one tensor. */
import { slopes } from '../gradients/elementwise.ts';
import { defineOps, type OpSpec } from '../spec.ts';

const SAME = 'X[*s] -> Y[*s]';
const FLOAT = {
  kind: 'float-only',
  reason: 'a nonlinear function: onnxruntime computes it in float',
} as const;
const NO_KERNEL = { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' } as const;
const COMMON = { axes: SAME, quant: FLOAT, types: 'T -> T' } as const;
const SMOOTH = { ...COMMON, bfloat16: 22 } as const;

export const elementwise: readonly OpSpec[] = [
  { ...SMOOTH, type: 'Acos', gradient: slopes.acos },
  { ...SMOOTH, type: 'Acosh', gradient: slopes.acosh },
  { ...SMOOTH, type: 'Asin', gradient: slopes.asin },
  { ...SMOOTH, type: 'Asinh', gradient: slopes.asinh },
  { ...SMOOTH, type: 'Atan', gradient: slopes.atan },
  { ...SMOOTH, type: 'Atanh', gradient: slopes.atanh },
  { ...SMOOTH, type: 'Cosh', gradient: slopes.cosh },
  { ...SMOOTH, type: 'Sinh', gradient: slopes.sinh },
  { ...SMOOTH, type: 'Cos', gradient: slopes.cos, periodic: true },
  { ...SMOOTH, type: 'Sin', gradient: slopes.sin, periodic: true },
  { ...SMOOTH, type: 'Tan', gradient: slopes.tan, periodic: true },
  { ...COMMON, type: 'Erf', gradient: slopes.erf },
  { ...COMMON, type: 'Exp', gradient: slopes.exp },
  { ...COMMON, type: 'Log', gradient: slopes.log },
  { ...COMMON, type: 'Reciprocal', gradient: slopes.reciprocal },
  { ...COMMON, type: 'Sqrt', gradient: slopes.sqrt },
  { ...COMMON, type: 'Abs', homogeneous: [[0]], quant: NO_KERNEL, gradient: slopes.abs },
  { ...COMMON, type: 'Neg', homogeneous: [[0]], quant: NO_KERNEL, gradient: slopes.neg },
  ...defineOps(['Ceil', 'Floor'], {
    axes: SAME,
    quant: NO_KERNEL,
    gradient: 'none',
    types: 'T -> T',
  }),
  {
    type: 'Round',
    axes: SAME,
    quant: NO_KERNEL,
    gradient: 'none',
    types: 'T -> T',
    bfloat16: 22,
  },
  {
    type: 'Sign',
    axes: SAME,
    quant: NO_KERNEL,
    gradient: 'none',
    types: 'T -> T',
    cpuBfloat16: true,
  },
  { type: 'BitwiseNot', axes: SAME, quant: { kind: 'exact' }, gradient: 'none', types: 'T -> T' },
  {
    type: 'IsInf',
    axes: SAME,
    quant: { kind: 'exact' },
    gradient: 'none',
    types: 'T1 -> bool',
    float16: 20,
    bfloat16: 20,
    cpuBfloat16: true,
  },
  {
    type: 'IsNaN',
    axes: SAME,
    quant: { kind: 'exact' },
    gradient: 'none',
    types: 'T1 -> bool',
    cpuBfloat16: true,
  },
  { type: 'Not', axes: SAME, quant: { kind: 'exact' }, gradient: 'none', types: 'bool -> bool' },
];
