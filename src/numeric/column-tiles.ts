/** Walks a row-major matrix in tiles that fit the kernels' memory: a strip of columns from top to bottom, then the next. */
import { SIMD_TILE } from './simd.ts';

/** `rows` rows from `row` on of the strip of `width` columns from `column` on. */
export interface ColumnTile {
  readonly column: number;
  readonly width: number;
  readonly row: number;
  readonly rows: number;
}

/** Tiles of a [rows, columns] matrix; each strip starts with row 0 and ends with the last row. */
export function* columnTiles(rows: number, columns: number): Generator<ColumnTile> {
  for (let column = 0; column < columns; column += SIMD_TILE) {
    const width = Math.min(SIMD_TILE, columns - column);
    const perTile = Math.floor(SIMD_TILE / width);
    for (let row = 0; row < rows; row += perTile) {
      yield { column, width, row, rows: Math.min(perTile, rows - row) };
    }
  }
}

/** Copies `rows` runs of `width` values, `stride` apart in `source` from `start` on, to the beginning of `target`. */
export function fillRows(
  target: Float32Array,
  source: Float32Array,
  start: number,
  rows: number,
  width: number,
  stride: number,
): void {
  if (width === stride) target.set(source.subarray(start, start + rows * width));
  else {
    for (let r = 0, at = start; r < rows; r++, at += stride) {
      target.set(source.subarray(at, at + width), r * width);
    }
  }
}
