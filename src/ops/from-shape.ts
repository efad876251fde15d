/** Operators whose result depends on the dims of their input alone. */
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Shape } from '../ir/value.ts';

/** The result of a Shape or Size of an input with these dims; null for other operators, or where a dim is unknown. */
export function fromShape(node: Node, shape: Shape | null): Tensor | null {
  if (node.opType !== 'Shape' && node.opType !== 'Size') return null;
  const dims = shape?.filter((dim) => typeof dim === 'number') ?? [];
  if (!shape || dims.length < shape.length) return null;
  if (node.opType === 'Size')
    return Tensor.of('int64', [], BigInt64Array.of(BigInt(dims.reduce((all, dim) => all * dim, 1))));
  // Negative bounds count from the end, as those of Array.slice do.
  return Tensor.ints(dims.slice(node.int('start', 0), node.int('end', dims.length)));
}
