/** Constant operands, possibly behind a Transpose that keeps them tied to another use, and who reads them. */
import type { Use, Value } from '../ir/value.ts';
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

/** A use of a constant matrix, with its axes swapped or as it is. */
export interface MatrixUse extends Use {
  readonly transposed: boolean;
}

/** The other way round: all uses of a constant; those behind a Transpose in its place. */
export function usesThrough(matrix: Value): MatrixUse[] {
  return matrix.uses.flatMap((use) => {
    const axes = matrix.rank === 2 ? transposedAxes(use.node, 2) : null;
    if (!axes) return [{ ...use, transposed: false }];
    const inner = use.node.output()?.uses ?? [];
    return inner.map((each) => ({ ...each, transposed: axes[0] === 1 }));
  });
}
