/** Which weights go: exactly as many as asked for, the least first, earlier ones where scores are equal. */
import { blockScores, type Grain, grainSize, spreadBlocks } from './form.ts';
import type { Pattern } from './pattern.ts';

/** Marks the `count` smallest of scores[from, to) in `drop`. Scores are finite and not negative. */
export function dropSmallest(
  scores: Float32Array,
  from: number,
  to: number,
  count: number,
  drop: Uint8Array,
): void {
  if (count <= 0) return;
  const sorted = scores.slice(from, to).sort();
  const threshold = sorted[Math.min(count, sorted.length) - 1] as number;
  let ties = count;
  for (let at = from; at < to; at++) if ((scores[at] as number) < threshold) ties--;
  for (let at = from; at < to; at++) {
    const score = scores[at] as number;
    if (score < threshold || (score === threshold && ties-- > 0)) drop[at] = 1;
  }
}

/** How many of `count` fall to part `index` of `parts` equal ones; all parts together get `count`. */
export function partOf(count: number, index: number, parts: number): number {
  return Math.floor((count * (index + 1)) / parts) - Math.floor((count * index) / parts);
}

/**
 * The smallest of a matrix [., columns], in whole blocks: of all of it, or of each row of blocks as many as of the others.
 * @param count of weights
 */
export function dropShare(
  scores: Float32Array,
  columns: number,
  count: number,
  grain: Grain,
  perRow: boolean,
): Uint8Array {
  const blocks = blockScores(scores, columns, grain);
  const width = columns / grain.columns;
  const rows = blocks.length / width;
  const drop = new Uint8Array(blocks.length);
  const most = Math.round(count / grainSize(grain));
  if (!perRow) dropSmallest(blocks, 0, blocks.length, most, drop);
  else
    for (let row = 0; row < rows; row++)
      dropSmallest(blocks, row * width, (row + 1) * width, partOf(most, row, rows), drop);
  return spreadBlocks(drop, columns, grain);
}

/** All but the N largest of every M columns. */
export function dropPattern(scores: Float32Array, { kept, of }: Pattern): Uint8Array {
  const drop = new Uint8Array(scores.length);
  for (let at = 0; at < scores.length; at += of) dropSmallest(scores, at, at + of, of - kept, drop);
  return drop;
}

/**
 * How many weights of each layer go when all layers are ranked together.
 * @param most weights that may go of each layer
 * @returns by layer, `count` together, or less when `most` does not allow it
 */
export function ranked(scores: readonly Float32Array[], count: number, most: readonly number[]): number[] {
  const open = scores.map((each, index) => each.slice().sort().subarray(0, most[index]));
  const pool = new Float32Array(open.reduce((sum, each) => sum + each.length, 0));
  let filled = 0;
  for (const each of open) {
    pool.set(each, filled);
    filled += each.length;
  }
  pool.sort();
  const wanted = Math.min(count, pool.length);
  if (wanted === 0) return scores.map(() => 0);
  const threshold = pool[wanted - 1] as number;
  const below = open.map((each) => firstAtLeast(each, threshold));
  let ties = wanted - below.reduce((sum, each) => sum + each, 0);
  return open.map((each, index) => {
    const own = below[index] as number;
    let equal = own;
    while (equal < each.length && each[equal] === threshold && ties > 0) {
      equal++;
      ties--;
    }
    return equal;
  });
}

/** The first place in an ascending array whose value is no less than `bound`. */
function firstAtLeast(sorted: Float32Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
