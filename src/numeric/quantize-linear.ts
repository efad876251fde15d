/** Real values to integer codes, as ONNX QuantizeLinear and onnxruntime's Python tools do it. */

import type { AffineParams, ChannelParams } from './affine.ts';
import { allocateCodes, codeRange, type IntegerArray, type IntegerType } from './integer.ts';
import type { ChannelLayout } from './range.ts';
import { ROUND_F32 } from './rounding.ts';

/**
 * Scratch for one tile: quotients are written as floats biased by `ROUND_F32` and read back as bit patterns, whose low
 * 16 bits are the rounded integer. It stays in the first-level cache, and as a constant V8 knows its address.
 */
const TILE = 2048;
const floats = new Float32Array(TILE);
const bits = new Int32Array(floats.buffer);

/** V8 folds a module's own constants into the loops, but loads an imported one every time. */
const ROUND = ROUND_F32;

/** Quotients are clipped to this before rounding where the exact bounds differ from element to element. */
const FAR = 1 << 20;

/**
 * clip(roundHalfEven(x / scale) + zeroPoint), the division rounded to float32, clipped to the type's full range.
 * Infinities saturate; NaN has no code, look for it first (`Range.nan`). 4-bit codes come one per byte.
 */
export function quantize(values: Float32Array, type: IntegerType, params: AffineParams): IntegerArray {
  const codes = allocateCodes(type, values.length);
  quantizeRun(values, 0, values.length, params.scale, params.zeroPoint, type, signedView(codes));
  return codes;
}

/** `quantize` with one scale and zero point per channel of a row-major [outer, channels, inner] tensor. */
export function quantizeChannels(
  values: Float32Array,
  type: IntegerType,
  layout: ChannelLayout,
  params: ChannelParams,
): IntegerArray {
  const { channels, inner } = layout;
  const codes = allocateCodes(type, values.length);
  const target = signedView(codes);
  if (inner === 1) {
    quantizeRows(values, type, params, target);
    return codes;
  }
  for (let start = 0, c = 0; start < values.length; start += inner, c = c + 1 === channels ? 0 : c + 1) {
    const scale = params.scales[c] as number;
    quantizeRun(values, start, start + inner, scale, params.zeroPoints[c] as number, type, target);
  }
  return codes;
}

/** The same memory as signed integers, so that each store loop sees one array type. */
function signedView(codes: IntegerArray): Int8Array | Int16Array {
  return codes.BYTES_PER_ELEMENT === 1
    ? new Int8Array(codes.buffer, codes.byteOffset, codes.length)
    : new Int16Array(codes.buffer, codes.byteOffset, codes.length);
}

/** One scale and zero point for `values[start, end)`. */
function quantizeRun(
  values: Float32Array,
  start: number,
  end: number,
  scale: number,
  zeroPoint: number,
  type: IntegerType,
  target: Int8Array | Int16Array,
): void {
  const { qmin, qmax } = codeRange(type);
  for (let at = start; at < end; at += TILE) {
    const count = Math.min(TILE, end - at);
    // Clipping to integers before rounding gives the same codes as after.
    divide(values, at, count, scale, qmin - zeroPoint, qmax - zeroPoint);
    if (target instanceof Int8Array) store8(count, zeroPoint, target, at);
    else store16(count, zeroPoint, target, at);
  }
}

/** The channel is the last axis: scale and zero point change with every element. */
function quantizeRows(
  values: Float32Array,
  type: IntegerType,
  params: ChannelParams,
  target: Int8Array | Int16Array,
): void {
  const { scales, zeroPoints } = params;
  const channels = scales.length;
  const { qmin, qmax } = codeRange(type);
  for (let row = 0; row < values.length; row += channels) {
    for (let first = 0; first < channels; first += TILE) {
      const count = Math.min(TILE, channels - first);
      divideRow(values, row + first, count, scales, first);
      shiftRow(count, zeroPoints, first, qmin, qmax);
      if (target instanceof Int8Array) store8(count, 0, target, row + first);
      else store16(count, 0, target, row + first);
    }
  }
}

function divide(
  values: Float32Array,
  at: number,
  count: number,
  scale: number,
  low: number,
  high: number,
): void {
  // V8 does not know the type of a parameter; rounding tells it these are numbers. Without it the clipped quotient is
  // boxed and the loop takes 2.4 times as long.
  const lo = Math.fround(low);
  const hi = Math.fround(high);
  const divisor = Math.fround(scale);
  for (let i = 0; i < count; i++) {
    let q = Math.fround((values[at + i] as number) / divisor);
    if (q < lo) q = lo;
    else if (q > hi) q = hi;
    floats[i] = q + ROUND;
  }
}

function divideRow(
  values: Float32Array,
  at: number,
  count: number,
  scales: Float32Array,
  first: number,
): void {
  for (let i = 0; i < count; i++) {
    let q = Math.fround((values[at + i] as number) / (scales[first + i] as number));
    if (q < -FAR) q = -FAR;
    else if (q > FAR) q = FAR;
    floats[i] = q + ROUND;
  }
}

/** Adds each channel's zero point to the rounded quotients and clips them, in place. */
function shiftRow(count: number, zeroPoints: Int32Array, first: number, qmin: number, qmax: number): void {
  const bias = 0x4b400000; // the pattern of ROUND_F32, hence of the integer 0
  const lo = qmin | 0;
  const hi = qmax | 0;
  for (let i = 0; i < count; i++) {
    let code = (bits[i] as number) - bias + (zeroPoints[first + i] as number);
    if (code < lo) code = lo;
    else if (code > hi) code = hi;
    bits[i] = code;
  }
}

/** Stores low bytes plus a bias; four at a time, because the loop itself costs more than its work. */
function store8(count: number, bias: number, target: Int8Array, at: number): void {
  const add = bias | 0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    target[at + i] = (bits[i] as number) + add;
    target[at + i + 1] = (bits[i + 1] as number) + add;
    target[at + i + 2] = (bits[i + 2] as number) + add;
    target[at + i + 3] = (bits[i + 3] as number) + add;
  }
  for (; i < count; i++) target[at + i] = (bits[i] as number) + add;
}

/** `store8` for 16-bit codes. */
function store16(count: number, bias: number, target: Int16Array, at: number): void {
  const add = bias | 0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    target[at + i] = (bits[i] as number) + add;
    target[at + i + 1] = (bits[i + 1] as number) + add;
    target[at + i + 2] = (bits[i + 2] as number) + add;
    target[at + i + 3] = (bits[i + 3] as number) + add;
  }
  for (; i < count; i++) target[at + i] = (bits[i] as number) + add;
}
