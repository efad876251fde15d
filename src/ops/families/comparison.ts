/** Comparisons, logic and selection by condition. */
import { chosen } from '../gradients/gather.ts';
import { defineOps, type OpSpec } from '../spec.ts';

export const comparison: readonly OpSpec[] = [
  ...defineOps(['And', 'Or', 'Xor'], {
    axes: 'A[*s], B[*s] -> Y[*s]',
    quant: { kind: 'exact' },
    types: 'bool, bool -> bool',
  }),
  {
    type: 'Equal',
    axes: 'A[*s], B[*s] -> Y[*s]',
    quant: { kind: 'exact' },
    types: 'T, T -> bool',
    float16: 11,
  },
  ...defineOps(['Greater', 'Less'], {
    axes: 'A[*s], B[*s] -> Y[*s]',
    quant: { kind: 'exact' },
    types: 'T, T -> bool',
  }),
  ...defineOps(['GreaterOrEqual', 'LessOrEqual'], {
    axes: 'A[*s], B[*s] -> Y[*s]',
    quant: { kind: 'exact' },
    types: 'T, T -> bool',
    bfloat16: 16,
  }),
  {
    type: 'Where',
    gradient: chosen,
    axes: 'C[*s], X[*s], Y[*s] -> Z[*s]',
    homogeneous: [[1, 2]],
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearWhere' },
    types: 'bool, T, T -> T',
    bfloat16: 16,
  },
];
