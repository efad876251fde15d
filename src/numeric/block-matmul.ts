/** Round-to-nearest block quantization of a matrix in the layout of MatMulNBits, code for code onnxruntime's. */
import { allocateBlocks, type BlockQuantized, type BlockSpec, blockCount, setZeroPoint } from './block.ts';
import { tilesOfColumns, tilesOfRows, type VisitTile } from './block-fill.ts';
import type { BlockRule } from './block-rule.ts';
import { encodeTile, measureTile, tileScales, tileZeroPoints } from './block-tile.ts';
import { packedLength } from './packing.ts';

/** The arithmetic of onnxruntime's C++ (MlasQuantizeBlockwise). */
export function matmulRule(spec: BlockSpec): BlockRule {
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
  const result = allocateBlocks(rows, length, spec);
  tilesOfRows(weight, rows, length, spec.blockSize, quantizeTile(result, length, spec));
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
  const result = allocateBlocks(columns, length, spec);
  tilesOfColumns(weight, length, columns, spec.blockSize, quantizeTile(result, length, spec));
  return result;
}

function quantizeTile(result: BlockQuantized, length: number, spec: BlockSpec): VisitTile {
  const { bits, blockSize } = spec;
  const rule = matmulRule(spec);
  const blocks = blockCount(length, blockSize);
  const bytes = packedLength(blockSize, bits);
  return (count, first, step) => {
    measureTile(count, blockSize, rule);
    encodeTile(count, blockSize, rule, result.codes, first * bytes, step * bytes);
    for (let b = 0; b < count; b++) {
      const block = first + b * step;
      result.scales[block] = tileScales[b] as number;
      if (result.zeroPoints !== null) {
        setZeroPoint(result.zeroPoints, block, blocks, tileZeroPoints[b] as number, bits);
      }
    }
  };
}
