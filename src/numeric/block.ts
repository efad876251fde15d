/** What block-wise quantization along one axis is: runs of weights that share a scale and a zero point. */
import { LlmcError } from '../errors.ts';
import { packedLength } from './packing.ts';

/** Widths onnxruntime has kernels for. */
export type BlockBits = 2 | 4 | 8;

export interface BlockSpec {
  readonly bits: BlockBits;
  /** Weights per block, a power of two from 16 to 2048; the last block of a run may be shorter. */
  readonly blockSize: number;
  /** Symmetric: no zero points, the middle code 2^(bits-1) is zero. */
  readonly symmetric: boolean;
  /** Type the scales are stored in; they are rounded to it before the codes are computed. Default float32. */
  readonly scaleType?: 'float32' | 'float16';
}

/** A weight of `rows` runs of `length` weights each, quantized in blocks along the runs. */
export interface BlockQuantized {
  /**
   * [rows, blocks, blockSize * bits / 8], low bits first. Codes are unsigned; those past the end of a run equal the
   * zero point, so that they stand for zero.
   */
  readonly codes: Uint8Array;
  /** [rows, blocks]; negative where the symmetric rule puts the extreme weight on code 0 */
  readonly scales: Float32Array;
  /** [rows, ceil(blocks * bits / 8)], low bits first, unused codes 2^(bits-1); null when symmetric */
  readonly zeroPoints: Uint8Array | null;
}

/** The largest block size. */
export const MAX_BLOCK_SIZE = 2048;

/** Blocks in a run of `length` weights; throws USAGE unless `blockSize` is a power of two from 16 to the largest. */
export function blockCount(length: number, blockSize: number): number {
  if (blockSize >= 16 && MAX_BLOCK_SIZE % blockSize === 0) return Math.ceil(length / blockSize);
  throw new LlmcError('USAGE', `A block of ${blockSize} weights is not possible.`, {
    hint: `Use a power of two from 16 to ${MAX_BLOCK_SIZE}, for example 32.`,
  });
}

/** Storage for the result: zero codes and scales, every zero point the middle code. */
export function allocateBlocks(rows: number, length: number, spec: BlockSpec): BlockQuantized {
  const blocks = blockCount(length, spec.blockSize);
  return {
    codes: new Uint8Array(rows * blocks * packedLength(spec.blockSize, spec.bits)),
    scales: new Float32Array(rows * blocks),
    zeroPoints: spec.symmetric ? null : middlePoints(rows * packedLength(blocks, spec.bits), spec.bits),
  };
}

function middlePoints(bytes: number, bits: BlockBits): Uint8Array {
  const repeated = 255 / ((1 << bits) - 1); // a one in each code of a byte
  return new Uint8Array(bytes).fill(repeated << (bits - 1));
}

/** Sets the zero point of a block, numbered row by row, in packed zero points whose rows of `blocks` fill whole bytes. */
export function setZeroPoint(
  packed: Uint8Array,
  block: number,
  blocks: number,
  zeroPoint: number,
  bits: BlockBits,
): void {
  const index = block % blocks;
  const byte = ((block - index) / blocks) * packedLength(blocks, bits) + ((index * bits) >> 3);
  const shift = (index * bits) & 7;
  packed[byte] = ((packed[byte] as number) & ~(((1 << bits) - 1) << shift)) | (zeroPoint << shift);
}
