/** Brings weights into the tile of block-wise quantization: runs of a row as they are, columns turned into runs. */
import { tile, tilePatterns } from './block-tile.ts';

/** A constant of this module, not an import, for the loop's sake (see block-tile.ts). */
const target = tilePatterns;

/** Copies `weight[from, from + count)` to the tile and clears the tile up to `end`. */
export function fillFromRow(weight: Float32Array, from: number, count: number, end: number): void {
  tile.set(weight.subarray(from, from + count));
  tile.fill(0, count, end);
}

/**
 * Copies `rows` x `width` elements from `source[start]` on, rows being `rowLength` apart, to the tile: column c becomes
 * the run from `c * size` on, cleared past `rows`. `source` are the bit patterns of floats: copying them as integers
 * saves two conversions.
 */
export function fillFromColumns(
  source: Int32Array,
  start: number,
  rowLength: number,
  rows: number,
  width: number,
  size: number,
): void {
  if (rows < size) tile.fill(0, 0, width * size);
  let row = 0;
  // Four rows at a time: four reads and four adjacent writes per turn of the loop.
  for (; row + 4 <= rows; row += 4) {
    const a = (start + row * rowLength) | 0;
    const b = (a + rowLength) | 0;
    const c = (b + rowLength) | 0;
    const d = (c + rowLength) | 0;
    for (let column = 0, to = row; column < width; column++, to += size) {
      target[to] = source[a + column] as number;
      target[to + 1] = source[b + column] as number;
      target[to + 2] = source[c + column] as number;
      target[to + 3] = source[d + column] as number;
    }
  }
  for (; row < rows; row++) {
    const at = start + row * rowLength;
    for (let column = 0; column < width; column++) {
      target[column * size + row] = source[at + column] as number;
    }
  }
}
