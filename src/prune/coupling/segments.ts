/** Strands of Concat and Split: one axis in segments, all others equal. */
import type { Node } from '../../ir/node.ts';
import { normalAxis } from '../../ops/labels.ts';
import type { AxisRelation } from '../../ops/spec.ts';
import type { Site } from './site.ts';
import { frozenNode, frozenSite, type Place, type Strand, whole } from './strand.ts';

type Segments = Extract<AxisRelation, { relation: 'segments' }>;

export function segmentStrands(
  node: Node,
  relation: Segments,
  inputs: readonly (Site | null)[],
  outputs: readonly (Site | null)[],
): Strand[] {
  const joins = relation.whole === 'outputs';
  const full = joins ? outputs[0] : inputs[0];
  const parts = joins ? inputs : outputs;
  // Split has its sizes as a second input.
  const strands = joins
    ? []
    : inputs.slice(1).flatMap((site, at) => frozenSite(node, site, at + 1, `sizes of ${node.label}`));
  const axis = full ? normalAxis(relation.axis(node), full.shape.length) : null;
  const present = parts.filter((site) => site !== null);
  const extents = present.map((site) => (axis === null ? null : site.shape[axis]));
  const sum = extents.reduce<number>(
    (all, extent) => all + (typeof extent === 'number' ? extent : Number.NaN),
    0,
  );
  if (!full || axis === null || present.length !== parts.length || sum !== full.shape[axis])
    return frozenNode(node, inputs, outputs, `sizes at ${node.label} are unknown`);
  // The whole comes first here, then its parts.
  const slotOf = (at: number): number => {
    if (at === 0) return joins ? ~0 : 0;
    return joins ? at - 1 : ~(at - 1);
  };
  for (const other of full.shape.keys()) {
    const size = full.shape[other];
    if (other === axis || typeof size !== 'number' || size < 2) continue;
    const places = [full, ...present]
      .map((site, at): Place => ({ site, slot: slotOf(at), axis: other, at: whole(size), summed: false }))
      .filter(({ site }) => site.shape[other] === size);
    strands.push({ node, size, labels: [], places, frozen: null, approximate: null, attributes: [] });
  }
  if (sum > 1) strands.push(alongAxis(node, [full, ...present], slotOf, axis));
  return strands;
}

function alongAxis(
  node: Node,
  [full, ...parts]: readonly [Site, ...Site[]],
  slotOf: (at: number) => number,
  axis: number,
): Strand {
  const size = full.shape[axis] as number;
  const places: Place[] = [{ site: full, slot: slotOf(0), axis, at: whole(size), summed: false }];
  let start = 0;
  for (const [index, site] of parts.entries()) {
    const extent = site.shape[axis] as number;
    const first = start;
    const at = Int32Array.from({ length: extent }, (_, position) => first + position);
    places.push({ site, slot: slotOf(index + 1), axis, at, summed: false });
    start += extent;
  }
  return { node, size, labels: [], places, frozen: null, approximate: null, attributes: [] };
}
