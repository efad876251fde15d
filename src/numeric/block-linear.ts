/** Round-to-nearest block quantization that keeps the tensor's own layout: QuantizeLinear blocks, GatherBlockQuantized. */
import { type BlockSpec, blockCount } from './block.ts';
import { fillFromColumns, fillFromRow } from './block-fill.ts';
import type { BlockRule } from './block-rule.ts';
import { encodeTile, measureTile, TILE, tileScales, tileZeroPoints } from './block-tile.ts';
import { packCodes } from './packing.ts';

/** A matrix quantized in place: codes where the weights were, packed over row ends as ONNX packs tensors. */
export interface LinearBlocks {
  /**
   * Packed codes in the order of the weights. Symmetric 2- and 4-bit codes are signed (ONNX int2, int4); all others
   * are unsigned (uint2, uint4, uint8), symmetric 8-bit ones around 128.
   */
  readonly codes: Uint8Array;
  /** One per block, in the order of the blocks: [K / blockSize, N] or [rows, length / blockSize] */
  readonly scales: Float32Array;
  /** Packed unsigned zero points in the order of the scales; null when symmetric */
  readonly zeroPoints: Uint8Array | null;
}

/**
 * Quantizes `weight`, [K, N] row-major, in blocks along K (axis 0): what DequantizeLinear with `block_size` in front of
 * a MatMul reads. 4-bit codes are those of onnxruntime's C++ (MlasQDQQuantizeBlockwise). Weights must be finite.
 */
export function quantizeLinearColumns(
  weight: Float32Array,
  length: number,
  columns: number,
  spec: BlockSpec,
): LinearBlocks {
  const { bits, blockSize } = spec;
  const rule = makeRule(spec, 'reciprocal');
  const patterns = new Int32Array(weight.buffer, weight.byteOffset, weight.length);
  const blocks = blockCount(length, blockSize);
  const perTile = TILE / blockSize;
  const loose = new Uint8Array(TILE);
  const codes = new Uint8Array(length * columns);
  const scales = new Float32Array(blocks * columns);
  const zeroPoints = new Uint8Array(blocks * columns);
  for (let block = 0; block < blocks; block++) {
    const first = block * blockSize;
    const rows = Math.min(blockSize, length - first);
    for (let column = 0; column < columns; column += perTile) {
      const width = Math.min(perTile, columns - column);
      fillFromColumns(patterns, first * columns + column, columns, rows, width, blockSize);
      measureTile(width, blockSize, rule);
      encodeTile(width, blockSize, rule, loose, 0, blockSize, 8);
      backToColumns(loose, rows, width, blockSize, codes, first * columns + column, columns);
      scales.set(tileScales.subarray(0, width), block * columns + column);
      zeroPoints.set(tileZeroPoints.subarray(0, width), block * columns + column);
    }
  }
  return finish(codes, scales, zeroPoints, bits, spec.symmetric);
}

/**
 * Quantizes `weight`, [rows, length] row-major, in blocks along the last axis: what GatherBlockQuantized with
 * `quantize_axis` 1 reads. From float32, 4-bit codes are those of onnxruntime's Python code, which divides and rounds
 * like numpy; from float16 it also rounds every intermediate value to float16, llmc only the scales. Weights must be
 * finite.
 */
export function quantizeLinearRows(
  weight: Float32Array,
  rows: number,
  length: number,
  spec: BlockSpec,
): LinearBlocks {
  const { bits, blockSize } = spec;
  const rule = makeRule(spec, 'division');
  const blocks = blockCount(length, blockSize);
  const perTile = TILE / blockSize;
  const loose = new Uint8Array(TILE);
  const codes = new Uint8Array(rows * length);
  const scales = new Float32Array(rows * blocks);
  const zeroPoints = new Uint8Array(rows * blocks);
  for (let row = 0; row < rows; row++) {
    for (let first = 0; first < blocks; first += perTile) {
      const count = Math.min(perTile, blocks - first);
      const from = row * length + first * blockSize;
      const weights = Math.min(count * blockSize, length - first * blockSize);
      fillFromRow(weight, from, weights, count * blockSize);
      measureTile(count, blockSize, rule);
      encodeTile(count, blockSize, rule, loose, 0, blockSize, 8);
      codes.set(loose.subarray(0, weights), from);
      scales.set(tileScales.subarray(0, count), row * blocks + first);
      zeroPoints.set(tileZeroPoints.subarray(0, count), row * blocks + first);
    }
  }
  return finish(codes, scales, zeroPoints, bits, spec.symmetric);
}

function makeRule(spec: BlockSpec, quotient: BlockRule['quotient']): BlockRule {
  const { bits, symmetric, scaleType = 'float32' } = spec;
  // numpy's asymmetric formula adds the zero point inside the rounding, all the others outside.
  return { bits, symmetric, scaleType, quotient, roundFirst: symmetric || quotient === 'reciprocal' };
}

/** Puts codes that lie column by column back into rows. */
function backToColumns(
  loose: Uint8Array,
  rows: number,
  width: number,
  size: number,
  codes: Uint8Array,
  start: number,
  rowLength: number,
): void {
  for (let row = 0; row < rows; row++) {
    const at = start + row * rowLength;
    for (let column = 0, from = row; column < width; column++, from += size) {
      codes[at + column] = loose[from] as number;
    }
  }
}

function finish(
  loose: Uint8Array,
  scales: Float32Array,
  zeroPoints: Uint8Array,
  bits: BlockSpec['bits'],
  symmetric: boolean,
): LinearBlocks {
  const codes = packCodes(loose, bits);
  if (symmetric && bits < 8) flipSigns(codes, bits === 4 ? 0x88 : 0xaa, loose.length, bits);
  return { codes, scales, zeroPoints: symmetric ? null : packCodes(zeroPoints, bits) };
}

/** Turns codes around the middle into two's complement by flipping their top bits; leaves unused bits 0. */
function flipSigns(codes: Uint8Array, topBits: number, count: number, bits: number): void {
  for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] as number) ^ topBits;
  const used = (count * bits) % 8;
  if (used > 0) codes[codes.length - 1] = (codes[codes.length - 1] as number) & ((1 << used) - 1);
}
