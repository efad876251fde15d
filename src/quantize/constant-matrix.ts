/** A constant operand, possibly behind a Transpose that keeps it tied to another use. */
import type { Value } from '../ir/value.ts';
import { transposedAxes } from '../ops/nodes.ts';

export interface Matrix {
  readonly value: Value;
  /** The operation sees the constant with its last two axes swapped. */
  readonly transposed: boolean;
}

/** The constant behind an operand; a Transpose of a constant matrix is looked through. Null for computed operands. */
export function constantMatrix(operand: Value): Matrix | null {
  if (operand.tensor) return { value: operand, transposed: false };
  const { producer } = operand;
  const source = producer?.input(0);
  const axes = producer && transposedAxes(producer, 2);
  return axes && source?.tensor?.dims.length === 2 ? { value: source, transposed: axes[0] === 1 } : null;
}
