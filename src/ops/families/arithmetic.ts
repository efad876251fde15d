/** Arithmetic of several tensors with broadcasting. */

import type { Node } from '../../ir/node.ts';
import {
  addition,
  division,
  extreme,
  mean,
  multiplication,
  power,
  remainder,
  subtraction,
  sum,
} from '../gradients/arithmetic.ts';
import { defineOps, type OpSpec } from '../spec.ts';

const BINARY = 'A[*s], B[*s] -> Y[*s]';
const FLOAT = { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' } as const;

/** As many inputs as the node has. */
function variadic(node: Node): string {
  return `${node.inputs.map((_, index) => `X${index}[*s]`).join(', ')} -> Y[*s]`;
}

const VARIADIC = { axes: variadic, homogeneous: 'all', quant: FLOAT, types: 'T* -> T' } as const;

export const arithmetic: readonly OpSpec[] = [
  {
    type: 'Add',
    axes: BINARY,
    homogeneous: 'all',
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearAdd' },
    gradient: addition,
    types: 'T, T -> T',
  },
  {
    type: 'Mul',
    axes: BINARY,
    homogeneous: [[0], [1]],
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearMul' },
    gradient: multiplication,
    types: 'T, T -> T',
  },
  ...defineOps(['BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], {
    axes: BINARY,
    quant: { kind: 'exact' },
    gradient: 'none',
    types: 'T, T -> T',
  }),
  { type: 'Div', axes: BINARY, homogeneous: [[0]], quant: FLOAT, gradient: division, types: 'T, T -> T' },
  // Homogeneous by definition, but a rounding error may carry it over the edge.
  { type: 'Mod', gradient: remainder, axes: BINARY, quant: FLOAT, types: 'T, T -> T' },
  { type: 'Sub', axes: BINARY, homogeneous: 'all', quant: FLOAT, gradient: subtraction, types: 'T, T -> T' },
  { type: 'Pow', axes: BINARY, quant: FLOAT, gradient: power, types: 'T, T1 -> T', bfloat16: 15 },
  { ...VARIADIC, type: 'Max', gradient: extreme },
  { ...VARIADIC, type: 'Mean', gradient: mean },
  { ...VARIADIC, type: 'Min', gradient: extreme },
  { ...VARIADIC, type: 'Sum', gradient: sum },
];
