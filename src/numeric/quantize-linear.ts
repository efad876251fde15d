/** Real values to integer codes, as ONNX QuantizeLinear and onnxruntime's Python tools do it. */

import type { AffineParams, ChannelParams } from './affine.ts';
import { columnTiles, fillRows } from './column-tiles.ts';
import { allocateCodes, codeRange, type IntegerArray, type IntegerType } from './integer.ts';
import type { ChannelLayout } from './range.ts';
import { ROUND_F64 } from './rounding.ts';
import { SIMD_TILE, SIMD_WORTHWHILE, type Simd, simd } from './simd.ts';

/** V8 folds a module's own constants into the loops, but loads an imported one every time. */
const ROUND = ROUND_F64;

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
  const { outer, channels, inner } = layout;
  const codes = allocateCodes(type, values.length);
  const target = signedView(codes);
  if (inner === 1) {
    quantizeRows(values, outer, params, type, target);
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

/** The kernels, for work of some size on codes of one byte. */
function kernelFor(count: number, target: Int8Array | Int16Array): Simd | null {
  return count < SIMD_WORTHWHILE || target.BYTES_PER_ELEMENT > 1 ? null : simd();
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
  const kernel = kernelFor(end - start, target);
  if (kernel === null) {
    quantizeEach(values, start, end, scale, zeroPoint, type, target);
    return;
  }
  const { qmin, qmax } = codeRange(type);
  for (let at = start; at < end; at += SIMD_TILE) {
    const count = Math.min(SIMD_TILE, end - at);
    kernel.input.set(values.subarray(at, at + count));
    kernel.quantize(count, scale, qmin - zeroPoint, qmax - zeroPoint, zeroPoint);
    target.set(kernel.output.subarray(0, count), at);
  }
}

/** `quantizeRun` without SIMD; the kernel's reference. */
export function quantizeEach(
  values: Float32Array,
  start: number,
  end: number,
  scale: number,
  zeroPoint: number,
  type: IntegerType,
  target: Int8Array | Int16Array,
): void {
  const { qmin, qmax } = codeRange(type);
  // Clipping to integers before rounding gives the same codes as after. V8 does not know the type of a parameter:
  // rounding tells it these are numbers, without it the clipped quotient is boxed and the loop takes twice as long.
  const lo = Math.fround(qmin - zeroPoint);
  const hi = Math.fround(qmax - zeroPoint);
  const divisor = Math.fround(scale);
  const zero = zeroPoint | 0;
  for (let i = start; i < end; i++) {
    let q = Math.fround((values[i] as number) / divisor);
    if (q < lo) q = lo;
    else if (q > hi) q = hi;
    target[i] = ((q + ROUND - ROUND) | 0) + zero;
  }
}

/** The channel is the last axis: scale and zero point change with every element of a row. */
function quantizeRows(
  values: Float32Array,
  outer: number,
  params: ChannelParams,
  type: IntegerType,
  target: Int8Array | Int16Array,
): void {
  const { scales, zeroPoints } = params;
  const channels = scales.length;
  const kernel = kernelFor(values.length, target);
  if (kernel === null) {
    for (let row = 0; row < outer; row++) quantizeRow(values, row * channels, params, type, target);
    return;
  }
  const { qmin, qmax } = codeRange(type);
  for (const { column, width, row, rows } of columnTiles(outer, channels)) {
    if (row === 0) {
      kernel.a.set(scales.subarray(column, column + width));
      kernel.bIntegers.set(zeroPoints.subarray(column, column + width));
    }
    const start = row * channels + column;
    fillRows(kernel.input, values, start, rows, width, channels);
    kernel.quantizeColumns(rows, width, qmin, qmax);
    if (width === channels) target.set(kernel.output.subarray(0, rows * width), start);
    else {
      for (let r = 0; r < rows; r++) {
        target.set(kernel.output.subarray(r * width, (r + 1) * width), start + r * channels);
      }
    }
  }
}

/** One row without SIMD; the kernel's reference. */
export function quantizeRow(
  values: Float32Array,
  start: number,
  { scales, zeroPoints }: ChannelParams,
  type: IntegerType,
  target: Int8Array | Int16Array,
): void {
  const { qmin, qmax } = codeRange(type);
  const lo = qmin | 0;
  const hi = qmax | 0;
  for (let c = 0; c < scales.length; c++) {
    let q = Math.fround((values[start + c] as number) / (scales[c] as number));
    if (q < -FAR) q = -FAR;
    else if (q > FAR) q = FAR;
    let code = ((q + ROUND - ROUND) | 0) + (zeroPoints[c] as number);
    if (code < lo) code = lo;
    else if (code > hi) code = hi;
    target[start + c] = code;
  }
}
