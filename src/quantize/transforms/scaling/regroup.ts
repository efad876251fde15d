/** Factors along axes seen under other dims: what a Reshape makes of a ChannelMap. */
import type { Shape } from '../../../ir/value.ts';
import { type ChannelMap, tabulate } from './channel-map.ts';

/** Axes of both shapes, half open, that hold the same elements in the same order. */
interface Block {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/**
 * The map after elements were put under other dims. Axes are matched from both ends, as far as dims are known.
 * @param copied true for leading axes that are the same whatever they are
 * @returns null when the axes of the map cannot be found again
 */
export function regroup(
  map: ChannelMap,
  from: Shape,
  to: Shape,
  copied: (axis: number) => boolean = () => false,
): ChannelMap | null {
  const blocks = [...leading(from, to, copied), ...trailing(from, to)];
  const used = new Set<Block>();
  for (const axis of map.keys) {
    const block = blocks.find((each) => axis >= each.from[0] && axis < each.from[1]);
    if (!block) return null;
    used.add(block);
  }
  const chosen = [...used].sort((a, b) => a.from[0] - b.from[0]);
  const axesOf = (side: 'from' | 'to'): number[] =>
    chosen.flatMap((block) =>
      Array.from({ length: block[side][1] - block[side][0] }, (_, at) => block[side][0] + at),
    );
  const [oldAxes, newAxes] = [axesOf('from'), axesOf('to')];
  const [oldDims, newDims] = [sizesOf(from, oldAxes), sizesOf(to, newAxes)];
  if (!oldDims || !newDims) return null;
  // Blocks follow each other in the same order on both sides, so that flat positions agree.
  return tabulate(newAxes, newDims, (positions) => {
    let flat = newDims.reduce((sum, dim, at) => sum * dim + (positions[at] as number), 0);
    const at = new Map<number, number>();
    for (let axis = oldAxes.length - 1; axis >= 0; axis--) {
      at.set(oldAxes[axis] as number, flat % (oldDims[axis] as number));
      flat = Math.floor(flat / (oldDims[axis] as number));
    }
    const place = map.keys.reduce((sum, key, k) => sum * (map.dims[k] as number) + (at.get(key) ?? 0), 0);
    return map.index[place] as number;
  });
}

/** Null where one is unknown. */
function sizesOf(shape: Shape, axes: readonly number[]): readonly number[] | null {
  const sizes = axes.map((axis) => shape[axis]).filter((dim) => typeof dim === 'number');
  return sizes.length === axes.length ? sizes : null;
}

function leading(from: Shape, to: Shape, copied: (axis: number) => boolean): Block[] {
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    if (i === j && copied(i)) {
      blocks.push({ from: [i, i + 1], to: [j, j + 1] });
      i++;
      j++;
      continue;
    }
    const block = nextBlock(
      (at) => from[i + at],
      (at) => to[j + at],
    );
    if (!block) break;
    blocks.push({ from: [i, i + block[0]], to: [j, j + block[1]] });
    i += block[0];
    j += block[1];
  }
  return blocks;
}

function trailing(from: Shape, to: Shape): Block[] {
  const blocks: Block[] = [];
  let [i, j] = [from.length, to.length];
  while (i > 0 && j > 0) {
    const block = nextBlock(
      (at) => from[i - 1 - at],
      (at) => to[j - 1 - at],
    );
    if (!block) break;
    blocks.push({ from: [i - block[0], i], to: [j - block[1], j] });
    i -= block[0];
    j -= block[1];
  }
  return blocks;
}

/** How many axes of both sides it takes until the products agree; null where a dim is unknown first. */
function nextBlock(from: (at: number) => unknown, to: (at: number) => unknown): [number, number] | null {
  let [a, b] = [from(0), to(0)];
  let [i, j] = [1, 1];
  while (typeof a === 'number' && typeof b === 'number' && a > 0 && b > 0) {
    if (a === b) return [i, j];
    const next = a < b ? from(i) : to(j);
    if (typeof next !== 'number') return null;
    if (a < b) {
      a *= next;
      i++;
    } else {
      b *= next;
      j++;
    }
  }
  return null;
}
