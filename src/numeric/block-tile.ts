/** The inner loops of block-wise quantization, over a small tile of whole blocks. */
import {
  type BlockRule,
  blockScale,
  blockZeroPoint,
  exactCode,
  inverseScale,
  storedScale,
} from './block-rule.ts';
import { SIMD_TILE, simd } from './simd.ts';

const kernel = simd();

/** Weights that fit the tile; block sizes are powers of two up to 2048, so it holds whole blocks. */
export const TILE = SIMD_TILE;
/**
 * The tile: blocks one after the other, each padded with zeros, which neither change its extremes nor need a code
 * other than the zero point. The kernels work on it in place.
 */
export const tile: Float32Array = kernel?.input ?? new Float32Array(TILE);

const MAX_BLOCKS = TILE / 16;
/** Scale of each block of the tile, from `measureTile`. */
export const tileScales = new Float32Array(MAX_BLOCKS);
/** Zero point of each block of the tile, from `measureTile`. */
export const tileZeroPoints = new Int32Array(MAX_BLOCKS);
/** Smallest and largest value of each block, in turn. */
const extremes = new Float32Array(2 * MAX_BLOCKS);
/** Codes of the tile, one or two per byte. */
const codes: Uint8Array = kernel?.output ?? new Uint8Array(TILE);

/** Scales and zero points of the first `blocks` blocks of `size` weights; weights must be finite. */
export function measureTile(blocks: number, size: number, rule: BlockRule): void {
  if (kernel === null) findExtremes(blocks, size, extremes);
  else kernel.blockExtremes(blocks, size);
  const found = kernel?.b ?? extremes;
  for (let block = 0; block < blocks; block++) {
    const low = found[2 * block] as number;
    const scale = blockScale(low, found[2 * block + 1] as number, rule);
    tileScales[block] = storedScale(scale, rule);
    tileZeroPoints[block] = blockZeroPoint(low, scale, rule);
  }
}

/** Extremes of each block, zero included and never -0, without SIMD; the kernel's reference. */
export function findExtremes(blocks: number, size: number, found: Float32Array): void {
  for (let block = 0; block < blocks; block++) {
    let low = 0;
    let high = 0;
    for (let i = block * size; i < (block + 1) * size; i++) {
      const weight = tile[i] as number;
      if (weight < low) low = weight;
      if (weight > high) high = weight;
    }
    found[2 * block] = low;
    found[2 * block + 1] = high;
  }
}

/**
 * Codes of the first `blocks` blocks, low bits first, `storedBits` each (the rule's, or 8 to leave them unpacked):
 * block b goes to `target` from byte `at + b * stride`. Uses what `measureTile` left.
 */
export function encodeTile(
  blocks: number,
  size: number,
  rule: BlockRule,
  target: Uint8Array,
  at: number,
  stride: number,
  storedBits = rule.bits,
): void {
  const packed = storedBits === 4;
  if (kernel === null) {
    findCodes(blocks, size, rule, codes);
    if (packed) pack(codes, blocks * size, 4);
  } else {
    const divide = rule.quotient === 'division';
    for (let block = 0; block < blocks; block++) {
      const scale = tileScales[block] as number;
      kernel.a[block] = divide ? scale || Infinity : inverseScale(scale, rule);
      kernel.b[block] = tileZeroPoints[block] as number;
    }
    kernel.blockCodes(blocks, size, rule.bits, packed, divide, rule.roundFirst);
  }
  if (storedBits === 2) pack(codes, blocks * size, 2);
  deliver(blocks, (size * storedBits) / 8, target, at, stride);
}

/** Codes of the first `blocks` blocks, one per byte, without SIMD; the kernel's reference. */
export function findCodes(blocks: number, size: number, rule: BlockRule, found: Uint8Array): void {
  for (let block = 0; block < blocks; block++) {
    const scale = tileScales[block] as number;
    const zeroPoint = tileZeroPoints[block] as number;
    for (let i = block * size; i < (block + 1) * size; i++) {
      found[i] = exactCode(tile[i] as number, scale, zeroPoint, rule);
    }
  }
}

/** Packs `count` codes of `bits` each to the front of their array, low bits first. */
function pack(bytes: Uint8Array, count: number, bits: 2 | 4): void {
  const perByte = 8 / bits;
  for (let i = 0, to = 0; i < count; to++) {
    let byte = 0;
    for (let shift = 0; shift < perByte; shift++) byte |= (bytes[i++] as number) << (bits * shift);
    bytes[to] = byte;
  }
}

/** Copies the codes of each block to its place. */
function deliver(blocks: number, bytes: number, target: Uint8Array, at: number, stride: number): void {
  if (stride === bytes) target.set(codes.subarray(0, blocks * bytes), at);
  else if ((target.byteOffset + at) % 4 === 0 && stride % 4 === 0) {
    // Words, because a call per block costs more than its few bytes; a block has at least one.
    const from = new Int32Array(codes.buffer, codes.byteOffset, (blocks * bytes) >> 2);
    const to = new Int32Array(target.buffer, target.byteOffset + at, (target.length - at) >> 2);
    const words = bytes >> 2;
    for (let block = 0, i = 0; block < blocks; block++) {
      const start = (block * stride) >> 2;
      for (let word = 0; word < words; word++) to[start + word] = from[i++] as number;
    }
  } else {
    for (let block = 0; block < blocks; block++) {
      target.set(codes.subarray(block * bytes, (block + 1) * bytes), at + block * stride);
    }
  }
}
