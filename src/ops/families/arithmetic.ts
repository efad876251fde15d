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
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearAdd' },
    types: 'T, T -> T',
  },
  {
    type: 'Mul',
    axes: BINARY,
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearMul' },
    types: 'T, T -> T',
  },
  ...defineOps(['BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], {
    axes: BINARY,
    quant: { kind: 'exact' },
    types: 'T, T -> T',
  }),
  ...defineOps(['Div', 'Mod', 'Sub'], { axes: BINARY, quant: FLOAT, types: 'T, T -> T' }),
  { type: 'Pow', axes: BINARY, quant: FLOAT, types: 'T, T1 -> T', bfloat16: 15 },
  ...defineOps(['Max', 'Mean', 'Min', 'Sum'], { axes: variadic, quant: FLOAT, types: 'T* -> T' }),
];
