/** Walks a matrix in tiles of whole blocks: brings the weights into the tile, runs of rows or columns turned to runs. */
import { blockCount } from './block.ts';
import { TILE, tile } from './block-tile.ts';
import { fillRows } from './column-tiles.ts';
import { simd } from './simd.ts';

/**
 * Called for each filled tile of `count` blocks. Blocks are numbered row by row of the [rows, blocks] result; the
 * tile's b-th block has number `first + b * step`.
 */
export type VisitTile = (count: number, first: number, step: number) => void;

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
  const blocks = blockCount(length, size);
  const perTile = TILE / size;
  for (let block = 0; block < blocks; block++) {
    const rows = Math.min(size, length - block * size);
    for (let column = 0; column < columns; column += perTile) {
      const count = Math.min(perTile, columns - column);
      if (rows < size) tile.fill(0, 0, count * size);
      transpose(weight, block * size * columns + column, columns, rows, count, size);
      visit(count, column * blocks + block, blocks);
    }
  }
}

/** Copies `rows` x `width` weights from `source[start]` on, rows being `rowLength` apart: columns become runs. */
function transpose(
  source: Float32Array,
  start: number,
  rowLength: number,
  rows: number,
  width: number,
  size: number,
): void {
  const kernel = rows % 4 === 0 && width % 4 === 0 ? simd() : null;
  if (kernel !== null) {
    fillRows(kernel.rows, source, start, rows, width, rowLength);
    kernel.transpose(rows, width, size);
    return;
  }
  for (let row = 0; row < rows; row++) {
    const at = start + row * rowLength;
    for (let column = 0; column < width; column++) {
      tile[column * size + row] = source[at + column] as number;
    }
  }
}
