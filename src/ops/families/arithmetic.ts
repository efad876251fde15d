/** Arithmetic of several tensors with broadcasting. */
import type { Node } from '../../ir/node.ts';
import { defineOps, type OpSpec } from '../spec.ts';

const BINARY = 'A[*s], B[*s] -> Y[*s]';
const FLOAT = { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' } as const;

/** As many inputs as the node has. */
function variadic(node: Node): string {
  return `${node.inputs.map((_, index) => `X${index}[*s]`).join(', ')} -> Y[*s]`;
}

export const arithmetic: readonly OpSpec[] = [
  {
    type: 'Add',
    axes: BINARY,
    homogeneous: 'all',
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearAdd' },
    types: 'T, T -> T',
  },
  {
    type: 'Mul',
    axes: BINARY,
    homogeneous: [[0], [1]],
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearMul' },
    types: 'T, T -> T',
  },
  ...defineOps(['BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], {
    axes: BINARY,
    quant: { kind: 'exact' },
    types: 'T, T -> T',
  }),
  { type: 'Div', axes: BINARY, homogeneous: [[0]], quant: FLOAT, types: 'T, T -> T' },
  // Homogeneous by definition, but a rounding error may carry it over the edge.
  { type: 'Mod', axes: BINARY, quant: FLOAT, types: 'T, T -> T' },
  { type: 'Sub', axes: BINARY, homogeneous: 'all', quant: FLOAT, types: 'T, T -> T' },
  { type: 'Pow', axes: BINARY, quant: FLOAT, types: 'T, T1 -> T', bfloat16: 15 },
  ...defineOps(['Max', 'Mean', 'Min', 'Sum'], {
    axes: variadic,
    homogeneous: 'all',
    quant: FLOAT,
    types: 'T* -> T',
  }),
];
