/** Round-to-nearest block quantization that keeps the tensor's own layout: QuantizeLinear blocks, GatherBlockQuantized. */
import { type BlockSpec, blockCount } from './block.ts';
import { tilesOfColumns, tilesOfRows } from './block-fill.ts';
import type { BlockRule } from './block-rule.ts';
import { encodeTile, measureTile, TILE, tileScales, tileZeroPoints } from './block-tile.ts';
import { packCodes, packedLength } from './packing.ts';

/** One tile of codes, one per byte. */
const loose = new Uint8Array(TILE);

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
  const { bits, blockSize, symmetric } = spec;
  const rule = makeRule(spec, 'reciprocal');
  const blocks = blockCount(length, blockSize);
  const codes = new Uint8Array(length * columns);
  const scales = new Float32Array(blocks * columns);
  const zeroPoints = new Uint8Array(blocks * columns);
  tilesOfColumns(weight, length, columns, blockSize, (count, first) => {
    const block = first % blocks;
    const column = (first - block) / blocks;
    const row = block * blockSize;
    measureTile(count, blockSize, rule);
    encodeTile(count, blockSize, rule, loose, 0, blockSize, 8);
    backToColumns(
      Math.min(blockSize, length - row),
      count,
      blockSize,
      codes,
      row * columns + column,
      columns,
    );
    scales.set(tileScales.subarray(0, count), block * columns + column);
    zeroPoints.set(tileZeroPoints.subarray(0, count), block * columns + column);
  });
  return finish(
    packCodes(codes, bits),
    codes.length,
    scales,
    symmetric ? null : packCodes(zeroPoints, bits),
    bits,
  );
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
  const { bits, blockSize, symmetric } = spec;
  const rule = makeRule(spec, 'division');
  const blocks = blockCount(length, blockSize);
  const bytes = packedLength(blockSize, bits);
  const whole = length % blockSize === 0; // then blocks meet at byte boundaries
  const codes = new Uint8Array(whole ? rows * blocks * bytes : rows * length);
  const scales = new Float32Array(rows * blocks);
  const zeroPoints = new Uint8Array(rows * blocks);
  tilesOfRows(weight, rows, length, blockSize, (count, first) => {
    measureTile(count, blockSize, rule);
    if (whole) encodeTile(count, blockSize, rule, codes, first * bytes, bytes);
    else {
      const block = first % blocks;
      const weights = Math.min(count * blockSize, length - block * blockSize);
      encodeTile(count, blockSize, rule, loose, 0, blockSize, 8);
      codes.set(loose.subarray(0, weights), ((first - block) / blocks) * length + block * blockSize);
    }
    scales.set(tileScales.subarray(0, count), first);
    zeroPoints.set(tileZeroPoints.subarray(0, count), first);
  });
  const packed = whole ? codes : packCodes(codes, bits);
  return finish(packed, rows * length, scales, symmetric ? null : packCodes(zeroPoints, bits), bits);
}

function makeRule(spec: BlockSpec, quotient: BlockRule['quotient']): BlockRule {
  const { bits, symmetric, scaleType = 'float32' } = spec;
  // numpy's asymmetric formula adds the zero point inside the rounding, all the others outside.
  return { bits, symmetric, scaleType, quotient, roundFirst: symmetric || quotient === 'reciprocal' };
}

/** Puts the unpacked codes of a tile, one column after the other, back into rows. */
function backToColumns(
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
  codes: Uint8Array,
  count: number,
  scales: Float32Array,
  zeroPoints: Uint8Array | null,
  bits: BlockSpec['bits'],
): LinearBlocks {
  if (zeroPoints === null && bits < 8) toSigned(codes, count, bits);
  return { codes, scales, zeroPoints };
}

/** Turns packed codes around the middle into two's complement by flipping their top bits; unused bits stay 0. */
function toSigned(codes: Uint8Array, count: number, bits: BlockSpec['bits']): void {
  const topBits = (255 / ((1 << bits) - 1)) << (bits - 1);
  for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] as number) ^ topBits;
  const used = (count * bits) % 8;
  if (used > 0) codes[codes.length - 1] = (codes[codes.length - 1] as number) & ((1 << used) - 1);
}
