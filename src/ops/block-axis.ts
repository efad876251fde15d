/** Along which axis a weight is cut into blocks that share a scale. */
import type { Node } from '../ir/node.ts';
import { contractionAxes } from './contraction.ts';
import { specOf } from './table.ts';

/**
 * For a weight that is multiplied: the axis that is summed over (of a convolution, its input channels). For a table
 * that is looked up: its last axis, unless rows are picked along it. Null when there is none.
 */
export function blockAxis(node: Node, input: number): number | null {
  const quant = specOf(node)?.quant;
  if (quant?.kind === 'lookup') {
    const rank = node.input(input)?.rank ?? null;
    if (rank === null || !quant.weights.includes(input)) return null;
    const axis = node.int('axis', 0);
    const picked = axis < 0 ? axis + rank : axis;
    return picked === rank - 1 ? null : rank - 1;
  }
  return contractionAxes(node, input)[0] ?? null;
}
