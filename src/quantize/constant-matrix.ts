/** A constant operand, possibly behind a Transpose that keeps it tied to another use. */
import type { Value } from '../ir/value.ts';

export interface Matrix {
  readonly value: Value;
  /** The operation sees the constant with its last two axes swapped. */
  readonly transposed: boolean;
}

const TRANSPOSE = 'Transpose';

/** The constant behind an operand; a Transpose of a constant matrix is looked through. Null for computed operands. */
export function constantMatrix(operand: Value): Matrix | null {
  if (operand.tensor) return { value: operand, transposed: false };
  const { producer } = operand;
  const source = producer?.input(0);
  if (producer?.opType !== TRANSPOSE || source?.tensor?.dims.length !== 2) return null;
  const perm = producer.ints('perm') ?? [1, 0];
  return { value: source, transposed: perm[0] === 1 };
}
