/** Operators whose result has some positions of an axis: their strands, and what they pick after a cut. */
import type { Node } from '../../ir/node.ts';
import { specOf } from '../../ops/table.ts';
import type { Dropped } from '../cut/cut.ts';
import type { Site } from './site.ts';
import { type Strand, whole } from './strand.ts';

export interface PickedAxes {
  readonly strands: Strand[];
  /** Whether the axis of the tensor is on one of these strands. */
  readonly taken: (site: Site, axis: number) => boolean;
}

export function pickedAxes(node: Node, data: Site | null, result: Site | null): PickedAxes {
  const strands: Strand[] = [];
  const axes = new Set<number>();
  const picks = data && result ? specOf(node)?.picks?.at(node, data.shape) : null;
  if (data && result && data.shape.length === result.shape.length)
    for (const [axis, positions] of picks ?? []) {
      const size = data.shape[axis];
      if (typeof size !== 'number' || size < 2 || result.shape[axis] !== positions.length) continue;
      axes.add(axis);
      const places = [
        { site: data, slot: 0, axis, at: whole(size), summed: false },
        { site: result, slot: ~0, axis, at: positions, summed: false },
      ];
      strands.push({ node, size, labels: [], places, frozen: null, approximate: null, attributes: [] });
    }
  return { strands, taken: (site, axis) => (site === data || site === result) && axes.has(axis) };
}

/** Makes a node that reads `data` pick what is left of what it picked. Returns whether it had to be changed. */
export function repick(node: Node, data: Site, dropped: Dropped): boolean {
  const facts = specOf(node)?.picks;
  const picks = node.input(0) === data.value ? facts?.at(node, data.shape) : null;
  let changed = false;
  for (const [axis, positions] of picks ?? []) {
    const drop = dropped.get(axis);
    if (!drop || !facts) continue;
    let left = 0;
    const numbered = Int32Array.from(drop, (gone) => (gone === 1 ? -1 : left++));
    const places = [...positions].map((at) => numbered[at] as number).filter((at) => at >= 0);
    facts.write(node, axis, data.shape.length, places);
    changed = true;
  }
  return changed;
}
