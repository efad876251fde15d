/** IEEE binary16 (ONNX FLOAT16) to and from float32; Node 20 has no Float16Array. */

import { ROUND_F64 } from './rounding.ts';

/** Spacing of subnormal halves, and the smallest positive one. */
const SUBNORMAL = 2 ** -24;

/** V8 folds a module's own constants into the loops, but loads an imported one every time. */
const ROUND = ROUND_F64;

export interface HalfOptions {
  /** Finite values beyond +-65504 become +-65504 instead of an infinity. */
  readonly saturate?: boolean;
  /** Nonzero values too small for the format become +-2^-24 instead of zero. */
  readonly keepNonZero?: boolean;
}

/** What did not survive a conversion. */
export interface HalfLoss {
  /** Finite values beyond the largest finite half. */
  readonly overflowed: number;
  /** Nonzero values that round to zero. */
  readonly underflowed: number;
}

/**
 * Rounds float32 to binary16 patterns, ties to even; NaN payloads keep their upper bits.
 * `target` holds at least `source.length` elements.
 */
export function encodeHalf(source: Float32Array, target: Uint16Array, options: HalfOptions = {}): HalfLoss {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  const largest = options.saturate ? 0x7bff : 0x7c00;
  const smallest = options.keepNonZero ? 1 : 0;
  let overflowed = 0;
  let underflowed = 0;
  for (let i = 0; i < bits.length; i++) {
    const pattern = bits[i] as number;
    const magnitude = pattern & 0x7fffffff;
    const sign = (pattern >>> 16) & 0x8000;
    if (magnitude >= 0x38800000 && magnitude < 0x477ff000) {
      // Normal result: rebias the exponent (127 to 15), then round away 13 fraction bits; a carry may walk into it.
      target[i] = sign | ((magnitude - 0x37fff001 + ((magnitude >>> 13) & 1)) >>> 13);
    } else if (magnitude < 0x38800000) {
      // Subnormal result: a multiple of 2^-24, so its pattern is the rounded multiple (1024 is the first normal).
      let multiple = Math.abs(source[i] as number) / SUBNORMAL + ROUND - ROUND;
      if (multiple === 0 && magnitude !== 0) {
        underflowed++;
        multiple = smallest;
      }
      target[i] = sign | multiple;
    } else if (magnitude < 0x7f800000) {
      overflowed++;
      target[i] = sign | largest;
    } else {
      target[i] = sign | 0x7c00 | nanPayload(magnitude);
    }
  }
  return { overflowed, underflowed };
}

/** Upper fraction bits of an infinity (0) or a NaN (never 0). */
function nanPayload(magnitude: number): number {
  const payload = (magnitude >>> 13) & 0x3ff;
  return payload === 0 && magnitude > 0x7f800000 ? 0x200 : payload;
}

/** Widens binary16 patterns to float32, exactly. `target` holds at least `source.length` elements. */
export function decodeHalf(source: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < source.length; i++) {
    const half = source[i] as number;
    const magnitude = half & 0x7fff;
    const sign = (half & 0x8000) << 16;
    if (magnitude >= 0x0400 && magnitude < 0x7c00) bits[i] = sign | ((magnitude << 13) + 0x38000000);
    else if (magnitude >= 0x7c00) bits[i] = sign | 0x7f800000 | ((magnitude & 0x3ff) << 13);
    else target[i] = (sign === 0 ? magnitude : -magnitude) * SUBNORMAL; // negating the number keeps -0
  }
}

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** The binary16 pattern nearest to a double, rounded once, ties to even; from 65520 on an infinity. */
export function floatToHalf(x: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(x);
  if (Number.isNaN(x)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  float64[0] = magnitude;
  const exponent = Math.max(((words[1] as number) >>> 20) - 1023, -14);
  // The fraction as a multiple of the spacing of halves here; 1024 is the implicit bit, or the carry out of it.
  const multiple = magnitude * 2 ** (10 - exponent) + ROUND - ROUND;
  return sign | (((exponent + 14) << 10) + multiple);
}

/** The value of a binary16 pattern. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * SUBNORMAL;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The nearest value a half can hold, ties to even; from 65520 on an infinity. */
export function roundToHalf(x: number): number {
  return halfToFloat(floatToHalf(x));
}
