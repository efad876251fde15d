/** Transposes behind DequantizeLinear name their axes: onnxruntime 1.30 ends the process over one that leaves them out. */
import { ints } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { allNodes } from '../ir/walk.ts';

/** Writes the order that a Transpose without `perm` has anyway: all axes reversed. */
export function nameTransposedAxes(model: Model): void {
  for (const node of allNodes(model, { functions: false })) {
    if (node.opType !== 'Transpose' || node.attributes.has('perm')) continue;
    const rank = rankOf(node);
    if (rank !== null)
      node.attributes.set('perm', ints(Array.from({ length: rank }, (_, at) => rank - 1 - at)));
  }
}

/** Rank of what a DequantizeLinear hands over; null for other operands and where nothing is known. */
function rankOf(node: Node): number | null {
  const operand = node.input(0);
  const source = operand?.producer;
  if (source?.opType !== 'DequantizeLinear') return null;
  return source.input(0)?.rank ?? operand?.rank ?? null;
}
