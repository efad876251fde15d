/** Gram matrix of the last axis: the sum of x x^T over all rows. */
import { ints } from '../ir/attribute.ts';
import { countOf } from './channel-mean.ts';
import { concat, flat, rows } from './nodes.ts';
import type { Probe } from './probe.ts';

export interface Gram {
  /** [size, size], row-major, symmetric */
  readonly sum: Float64Array;
  /** Rows that were seen. */
  readonly rows: number;
}

/** [size * size + 1]: X^T X of the value as [rows, size], then the number of rows. */
export function gramProbe(size: number): Probe<Gram> {
  return {
    name: 'Gram matrix',
    opset: 9,
    width: size * size + 1,
    combine: 'sum',
    build(scope, value) {
      const x = rows(scope, value, size);
      const transposed = scope.builder.op('Transpose', [x], { attributes: { perm: ints([1, 0]) } });
      return concat(scope, [flat(scope, scope.builder.op('MatMul', [transposed, x])), countOf(scope, x, 0)]);
    },
    read: (vector) => ({ sum: vector.subarray(0, size * size), rows: vector[size * size] as number }),
  };
}
