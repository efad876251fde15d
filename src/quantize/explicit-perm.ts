/** Transposes behind DequantizeLinear name their axes: onnxruntime 1.30 ends the process over one that leaves them out. */
import { ints } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { allNodes } from '../ir/walk.ts';
import { isDequantizer, transposedAxes } from '../ops/nodes.ts';

/** Writes the order that a Transpose without `perm` has anyway: all axes reversed. */
export function nameTransposedAxes(model: Model): void {
  for (const node of allNodes(model, { functions: false })) {
    if (node.attributes.has('perm')) continue;
    const rank = rankOf(node);
    const axes = rank === null ? null : transposedAxes(node, rank);
    if (axes) node.attributes.set('perm', ints(axes));
  }
}

/** Rank of what a DequantizeLinear hands over; null for other operands and where nothing is known. */
function rankOf(node: Node): number | null {
  const operand = node.input(0);
  const source = operand?.producer;
  if (!source || !isDequantizer(source)) return null;
  return source.input(0)?.rank ?? operand?.rank ?? null;
}
