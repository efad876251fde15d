/** Smallest and largest value of a tensor, whole or per channel, ignoring NaN. */
import { columnTiles, fillRows } from './column-tiles.ts';
import { SIMD_TILE, SIMD_WORTHWHILE, type Simd, simd } from './simd.ts';

/**
 * Extremes of some values. Nothing seen (empty or all NaN) is `min = Infinity, max = -Infinity`, the identity of
 * merging, which `scaleZeroPoint` turns into scale 1, zero point 0. Infinities are kept: they show up as extremes.
 */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** How many values were NaN. */
  readonly nan: number;
}

/** Extremes of every channel. */
export interface ChannelRanges {
  /** [channels] */
  readonly min: Float32Array;
  /** [channels] */
  readonly max: Float32Array;
  /** How many values were NaN, over all channels. */
  readonly nan: number;
}

/** A tensor seen around one axis: row-major [outer, channels, inner]. */
export interface ChannelLayout {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** The layout of `dims` around `axis` (negative counts from the end). */
export function channelLayout(dims: readonly number[], axis: number): ChannelLayout {
  const at = axis < 0 ? axis + dims.length : axis;
  const product = (part: readonly number[]) => part.reduce((a, b) => a * b, 1);
  return { outer: product(dims.slice(0, at)), channels: dims[at] ?? 1, inner: product(dims.slice(at + 1)) };
}

/** Extremes of `values[start, end)`; a zero among them is +0. */
export function rangeOf(values: Float32Array, start = 0, end = values.length): Range {
  const state = new Float64Array([Infinity, -Infinity, 0]);
  scan(values, start, end, state);
  return { min: (state[0] as number) + 0, max: (state[1] as number) + 0, nan: state[2] as number };
}

/** Extremes of each channel of a row-major [outer, channels, inner] tensor; zeros among them are +0. */
export function channelRanges(values: Float32Array, layout: ChannelLayout): ChannelRanges {
  const { outer, channels, inner } = layout;
  const min = new Float32Array(channels).fill(Infinity);
  const max = new Float32Array(channels).fill(-Infinity);
  let nan = 0;
  if (inner === 1) nan = scanRows(values, outer, min, max);
  else {
    const state = new Float64Array(3);
    for (let run = 0; run < outer * channels; run++) {
      const channel = run % channels;
      state[0] = min[channel] as number;
      state[1] = max[channel] as number;
      scan(values, run * inner, (run + 1) * inner, state);
      min[channel] = state[0];
      max[channel] = state[1];
    }
    nan = state[2] as number;
  }
  // The sign of a zero would depend on the order of the values.
  for (let c = 0; c < channels; c++) {
    min[c] = (min[c] as number) + 0;
    max[c] = (max[c] as number) + 0;
  }
  return { min, max, nan };
}

/** Widens `state` = [min, max, NaN count] by `values[start, end)`. */
function scan(values: Float32Array, start: number, end: number, state: Float64Array): void {
  const kernel = end - start < SIMD_WORTHWHILE ? null : simd();
  if (kernel === null) scanEach(values, start, end, state);
  else scanTiles(kernel, values, start, end, state);
}

function scanTiles(
  kernel: Simd,
  values: Float32Array,
  start: number,
  end: number,
  state: Float64Array,
): void {
  const { input, a, b } = kernel;
  a[0] = state[0] as number;
  b[0] = state[1] as number;
  let nan = 0;
  for (let at = start; at < end; at += SIMD_TILE) {
    const next = Math.min(at + SIMD_TILE, end);
    input.set(values.subarray(at, next));
    nan += kernel.range(next - at);
  }
  state[0] = a[0] as number;
  state[1] = b[0] as number;
  state[2] = (state[2] as number) + nan;
}

/** `scan` without SIMD; the kernel's reference, but for the sign of a zero. */
export function scanEach(values: Float32Array, start: number, end: number, state: Float64Array): void {
  let lo = state[0] as number;
  let hi = state[1] as number;
  let nan = state[2] as number;
  for (let i = start; i < end; i++) {
    const v = values[i] as number;
    // The usual case, one well-predicted branch; a NaN fails it.
    if (v >= lo && v <= hi) continue;
    if (v < lo) lo = v;
    if (v > hi) hi = v;
    if (Number.isNaN(v)) nan++;
  }
  state[0] = lo;
  state[1] = hi;
  state[2] = nan;
}

/** Widens per-channel extremes by `outer` rows of `min.length` values; returns the NaN count. */
function scanRows(values: Float32Array, outer: number, min: Float32Array, max: Float32Array): number {
  const kernel = values.length < SIMD_WORTHWHILE ? null : simd();
  let nan = 0;
  if (kernel === null) {
    for (let row = 0; row < outer; row++) nan += scanRow(values, row * min.length, min, max);
    return nan;
  }
  for (const { column, width, row, rows } of columnTiles(outer, min.length)) {
    if (row === 0) {
      kernel.a.set(min.subarray(column, column + width));
      kernel.b.set(max.subarray(column, column + width));
    }
    fillRows(kernel.input, values, row * min.length + column, rows, width, min.length);
    nan += kernel.columnRanges(rows, width);
    if (row + rows < outer) continue;
    min.set(kernel.a.subarray(0, width), column);
    max.set(kernel.b.subarray(0, width), column);
  }
  return nan;
}

/** Widens per-channel extremes by one row of `min.length` values; returns its NaN count. */
export function scanRow(values: Float32Array, start: number, min: Float32Array, max: Float32Array): number {
  let nan = 0;
  for (let c = 0; c < min.length; c++) {
    const v = values[start + c] as number;
    if (v >= (min[c] as number) && v <= (max[c] as number)) continue;
    if (v < (min[c] as number)) min[c] = v;
    if (v > (max[c] as number)) max[c] = v;
    if (Number.isNaN(v)) nan++;
  }
  return nan;
}
