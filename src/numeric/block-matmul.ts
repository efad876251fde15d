/** Round-to-nearest block quantization of a matrix in the layout of MatMulNBits, code for code onnxruntime's. */
import { allocateBlocks, type BlockQuantized, type BlockSpec, blockCount, setCode } from './block.ts';
import { fillFromColumns, fillFromRow } from './block-fill.ts';
import type { BlockRule } from './block-rule.ts';
import { encodeTile, measureTile, TILE, tileScales, tileZeroPoints } from './block-tile.ts';
import { packedLength } from './packing.ts';

/** The arithmetic of onnxruntime's C++ (MlasQuantizeBlockwise). */
function matmulRule(spec: BlockSpec): BlockRule {
  const { bits, symmetric, scaleType = 'float32' } = spec;
  return { bits, symmetric, scaleType, quotient: 'reciprocal', roundFirst: false };
}

/**
 * Quantizes `weight`, [N, K] row-major, K being the contraction (what a Gemm with transB holds); blocks run along K.
 * Weights must be finite.
 */
export function quantizeRows(
  weight: Float32Array,
  rows: number,
  length: number,
  spec: BlockSpec,
): BlockQuantized {
  const { bits, blockSize } = spec;
  const rule = matmulRule(spec);
  const blocks = blockCount(length, blockSize);
  const bytes = packedLength(blockSize, bits);
  const perTile = TILE / blockSize;
  const result = allocateBlocks(rows, length, spec);
  for (let row = 0; row < rows; row++) {
    for (let first = 0; first < blocks; first += perTile) {
      const count = Math.min(perTile, blocks - first);
      const from = row * length + first * blockSize;
      fillFromRow(weight, from, Math.min(count * blockSize, length - first * blockSize), count * blockSize);
      measureTile(count, blockSize, rule);
      encodeTile(count, blockSize, rule, result.codes, (row * blocks + first) * bytes, bytes);
      for (let b = 0; b < count; b++) keepParams(result, spec, blocks, row, first + b, b);
    }
  }
  return result;
}

/**
 * Quantizes `weight`, [K, N] row-major, K being the contraction (what a MatMul holds); blocks run along K. Equal to
 * `quantizeRows` of the transpose. Weights must be finite.
 */
export function quantizeColumns(
  weight: Float32Array,
  length: number,
  columns: number,
  spec: BlockSpec,
): BlockQuantized {
  const { bits, blockSize } = spec;
  const rule = matmulRule(spec);
  const patterns = new Int32Array(weight.buffer, weight.byteOffset, weight.length);
  const blocks = blockCount(length, blockSize);
  const bytes = packedLength(blockSize, bits);
  const perTile = TILE / blockSize;
  const result = allocateBlocks(columns, length, spec);
  for (let block = 0; block < blocks; block++) {
    const first = block * blockSize;
    const rows = Math.min(blockSize, length - first);
    for (let column = 0; column < columns; column += perTile) {
      const width = Math.min(perTile, columns - column);
      fillFromColumns(patterns, first * columns + column, columns, rows, width, blockSize);
      measureTile(width, blockSize, rule);
      encodeTile(width, blockSize, rule, result.codes, (column * blocks + block) * bytes, blocks * bytes);
      for (let c = 0; c < width; c++) keepParams(result, spec, blocks, column + c, block, c);
    }
  }
  return result;
}

/** Stores scale and zero point of tile block `from` as those of block `block` of output row `row`. */
function keepParams(
  result: BlockQuantized,
  spec: BlockSpec,
  blocks: number,
  row: number,
  block: number,
  from: number,
): void {
  result.scales[row * blocks + block] = tileScales[from] as number;
  if (result.zeroPoints === null) return;
  const start = row * packedLength(blocks, spec.bits);
  setCode(result.zeroPoints, start, block, tileZeroPoints[from] as number, spec.bits);
}
