/** The inner loops of block-wise quantization, over a small tile of whole blocks at a fixed address. */
import { MAX_BLOCK_SIZE } from './block.ts';
import {
  type BlockRule,
  blockScale,
  blockZeroPoint,
  exactCode,
  inverseScale,
  storedScale,
} from './block-rule.ts';

/** Weights in a tile: two tiles fit the first-level cache. */
const TILE_WEIGHTS = MAX_BLOCK_SIZE;

// Arrays and constants of the loops are constants of this module, and not exported: V8 then knows each array's address
// and type. Passed as arguments, or read through an export (a cell that is loaded and checked every time), they make
// the loops half as fast.

const MAX_BLOCKS = TILE_WEIGHTS / 16;
const weights = new Float32Array(TILE_WEIGHTS);
const patterns = new Int32Array(weights.buffer);
const scales = new Float32Array(MAX_BLOCKS);
const zeroPoints = new Int32Array(MAX_BLOCKS);
const extremes = new Float32Array(2 * MAX_BLOCKS); // low and high of each block
const extremePatterns = new Int32Array(extremes.buffer);
const inverses = new Float64Array(MAX_BLOCKS);

/**
 * `biased` holds w / scale + zeroPoint + 1/2 + BIAS. Between 2^11 and 2^12 floats are 2^-12 apart, so their patterns,
 * less the pattern of BIAS, are fixed-point numbers with 12 fraction bits. The integer part is the code, unless it is
 * out of range, or the fraction is 0 and the true value may lie on either side: those are computed exactly by the
 * rule. Rounding to single precision at every step takes twice as long.
 */
const BIAS = 3072; // 1.5 * 2^11
const BIAS_PATTERN = 0x45400000;
const FRACTION_BITS = 12;
const FRACTION = 4095;
const biased = new Float32Array(TILE_WEIGHTS);
const fixed = new Int32Array(biased.buffer);

/** Weights that fit the tile; block sizes are powers of two, so it holds whole blocks. */
export const TILE = TILE_WEIGHTS;
/**
 * The tile: blocks one after the other, each padded with zeros, which neither change its extremes nor need a code
 * other than the zero point.
 */
export const tile = weights;
/** The tile's bit patterns. */
export const tilePatterns = patterns;
/** Scale of each block of the tile, from `measureTile`. */
export const tileScales = scales;
/** Zero point of each block of the tile, from `measureTile`. */
export const tileZeroPoints = zeroPoints;

/** Scales and zero points of the first `blocks` blocks of `size` weights; weights must be finite. */
export function measureTile(blocks: number, size: number, rule: BlockRule): void {
  findExtremes(blocks, size);
  for (let block = 0; block < blocks; block++) {
    const low = extremes[2 * block] as number;
    const scale = blockScale(low, extremes[2 * block + 1] as number, rule);
    const zeroPoint = blockZeroPoint(low, scale, rule);
    scales[block] = storedScale(scale, rule);
    zeroPoints[block] = zeroPoint;
    inverses[block] = inverseScale(scales[block] as number, rule);
  }
}

/**
 * Extremes of each block, zero included. Magnitudes of floats order like the integers of their patterns, so a maximum
 * is a subtraction and a mask; branches would be mispredicted about 2 ln(size) times per block.
 */
function findExtremes(blocks: number, size: number): void {
  for (let block = 0; block < blocks; block++) {
    const end = (block + 1) * size;
    let high = 0; // largest pattern of the positive weights
    let low = 0; // largest magnitude of the negative ones
    for (let i = block * size; i < end; i++) {
      const pattern = patterns[i] as number;
      const negative = pattern >> 31; // all ones or zero
      const above = (high - (pattern & ~negative)) | 0;
      high = (high - (above & (above >> 31))) | 0;
      const below = (low - (pattern & negative & 0x7fffffff)) | 0;
      low = (low - (below & (below >> 31))) | 0;
    }
    extremePatterns[2 * block] = low === 0 ? 0 : low | 0x80000000; // no -0: its sign would show in the scale
    extremePatterns[2 * block + 1] = high;
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
  toFixedPoint(blocks, size);
  for (let block = 0; block < blocks; block++) {
    const start = block * size;
    const byte = at + block * stride;
    if (storedBits === 4) packFours(start, size, block, rule, target, byte);
    else if (storedBits === 8) packEights(start, size, block, rule, target, byte);
    else packTwos(start, size, block, rule, target, byte);
  }
}

function toFixedPoint(blocks: number, size: number): void {
  for (let block = 0; block < blocks; block++) {
    const inverse = inverses[block] as number;
    const offset = BIAS + 0.5 + (zeroPoints[block] as number);
    const end = (block + 1) * size;
    for (let i = block * size; i < end; i += 4) {
      biased[i] = (weights[i] as number) * inverse + offset;
      biased[i + 1] = (weights[i + 1] as number) * inverse + offset;
      biased[i + 2] = (weights[i + 2] as number) * inverse + offset;
      biased[i + 3] = (weights[i + 3] as number) * inverse + offset;
    }
  }
}

/** The code at `i` of the tile whose fixed-point number, less BIAS_PATTERN, is `number`; by the rule if unsettled. */
function settle(number: number, i: number, block: number, rule: BlockRule): number {
  if (number >>> (rule.bits + FRACTION_BITS) === 0 && (number & FRACTION) !== 0)
    return number >> FRACTION_BITS;
  return exactCode(weights[i] as number, scales[block] as number, zeroPoints[block] as number, rule);
}

function packFours(
  start: number,
  size: number,
  block: number,
  rule: BlockRule,
  target: Uint8Array,
  at: number,
): void {
  const end = start + size;
  let byte = at;
  for (let i = start; i < end; i += 2, byte++) {
    const a = ((fixed[i] as number) - BIAS_PATTERN) | 0;
    const b = ((fixed[i + 1] as number) - BIAS_PATTERN) | 0;
    target[byte] =
      ((a | b) & ~0xffff) === 0 && (a & FRACTION) !== 0 && (b & FRACTION) !== 0
        ? (a >> 12) | ((b >> 8) & 0xf0)
        : settle(a, i, block, rule) | (settle(b, i + 1, block, rule) << 4);
  }
}

function packEights(
  start: number,
  size: number,
  block: number,
  rule: BlockRule,
  target: Uint8Array,
  at: number,
): void {
  for (let i = 0; i < size; i++) {
    target[at + i] = settle(((fixed[start + i] as number) - BIAS_PATTERN) | 0, start + i, block, rule);
  }
}

function packTwos(
  start: number,
  size: number,
  block: number,
  rule: BlockRule,
  target: Uint8Array,
  at: number,
): void {
  const end = start + size;
  let byte = at;
  for (let i = start; i < end; i += 4, byte++) {
    let codes = 0;
    for (let j = 0; j < 4; j++) {
      codes |= settle(((fixed[i + j] as number) - BIAS_PATTERN) | 0, i + j, block, rule) << (2 * j);
    }
    target[byte] = codes;
  }
}
