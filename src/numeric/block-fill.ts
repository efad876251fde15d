/** Walks a matrix in tiles of whole blocks: brings the weights into the tile, runs of rows or columns turned to runs. */
import { blockCount } from './block.ts';
import { TILE, tile, tilePatterns } from './block-tile.ts';

/**
 * Called for each filled tile of `count` blocks. Blocks are numbered row by row of the [rows, blocks] result; the
 * tile's b-th block has number `first + b * step`.
 */
export type VisitTile = (count: number, first: number, step: number) => void;

/** A constant of this module, not an import, for the loop's sake (see block-tile.ts). */
const target = tilePatterns;

/** Tiles of `weight`, [rows, length] row-major, whose blocks of `size` run along the rows. */
export function tilesOfRows(
  weight: Float32Array,
  rows: number,
  length: number,
  size: number,
  visit: VisitTile,
): void {
  const blocks = blockCount(length, size);
  const perTile = TILE / size;
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block += perTile) {
      const count = Math.min(perTile, blocks - block);
      const from = row * length + block * size;
      const weights = Math.min(count * size, length - block * size);
      tile.set(weight.subarray(from, from + weights));
      tile.fill(0, weights, count * size);
      visit(count, row * blocks + block, 1);
    }
  }
}

/** Tiles of `weight`, [length, columns] row-major, whose blocks of `size` run along the columns. */
export function tilesOfColumns(
  weight: Float32Array,
  length: number,
  columns: number,
  size: number,
  visit: VisitTile,
): void {
  // Copied as integers, which saves two conversions per weight.
  const patterns = new Int32Array(weight.buffer, weight.byteOffset, weight.length);
  const blocks = blockCount(length, size);
  const perTile = TILE / size;
  for (let block = 0; block < blocks; block++) {
    const rows = Math.min(size, length - block * size);
    for (let column = 0; column < columns; column += perTile) {
      const count = Math.min(perTile, columns - column);
      if (rows < size) tile.fill(0, 0, count * size);
      transpose(patterns, block * size * columns + column, columns, rows, count, size);
      visit(count, column * blocks + block, blocks);
    }
  }
}

/** Copies `rows` x `width` patterns from `source[start]` on, rows being `rowLength` apart: columns become runs. */
function transpose(
  source: Int32Array,
  start: number,
  rowLength: number,
  rows: number,
  width: number,
  size: number,
): void {
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
