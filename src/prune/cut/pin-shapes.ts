/** Shape nodes that read a tensor which loses positions: what they told before, they go on telling. */

import { int } from '../../ir/attribute.ts';
import { Builder } from '../../ir/builder.ts';
import type { Node } from '../../ir/node.ts';
import { specOf } from '../../ops/table.ts';

/** Whether the node hands out the dims of its input, one by one. */
export function tellsDims(node: Node): boolean {
  return specOf(node)?.tellsDims === true;
}

/** A dim before and after a cut, for the inputs the model was looked at with. */
export interface DimChange {
  readonly axis: number;
  readonly before: number;
  readonly now: number;
  /** True when it is the same for all inputs. */
  readonly fixed: boolean;
}

/**
 * Makes a Shape node tell a dim as it was, whatever the tensor has: the scale of an attention is computed from the width
 * it had, and so are shapes, whose readers are mended themselves.
 * @param rank of its input
 */
export function pinDim(node: Node, rank: number, { axis, before, now, fixed }: DimChange): void {
  const [start, end] = [bound(node, 'start', 0, rank), bound(node, 'end', rank, rank)];
  const output = node.output();
  if (!output || axis < start || axis >= end || !node.graph) return;
  const { graph } = node;
  const builder = new Builder(graph, { after: node });
  const whole = graph.value(`${output.name}_cut`);
  whole.type = output.type;
  node.setOutput(0, whole);
  const part = (from: number, to: number) =>
    builder.op('Slice', [whole, builder.ints('dims_from', [from]), builder.ints('dims_to', [to])]);
  const asBefore = () => {
    if (fixed) return builder.ints('dim_before', [before]);
    const product = builder.op('Mul', [part(place, place + 1), builder.ints('dim_before', [before])]);
    return builder.op('Div', [product, builder.ints('dim_now', [now])]);
  };
  const place = axis - start;
  const parts = [
    ...(place > 0 ? [part(0, place)] : []),
    asBefore(),
    ...(place + 1 < end - start ? [part(place + 1, end - start)] : []),
  ];
  output.producer = null;
  builder.op('Concat', parts, { attributes: { axis: int(0) }, into: output });
}

/** Where a range of axes begins or ends: negative ones count from the end, and what lies beyond is brought back. */
function bound(node: Node, name: string, fallback: number, rank: number): number {
  const stated = node.int(name, fallback);
  return Math.min(Math.max(stated < 0 ? stated + rank : stated, 0), rank);
}
