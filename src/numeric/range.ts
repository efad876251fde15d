/** Smallest and largest value of a tensor, whole or per channel, ignoring NaN. */

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

/** Extremes of `values[start, end)`. */
export function rangeOf(values: Float32Array, start = 0, end = values.length): Range {
  const state = new Float64Array([Infinity, -Infinity, 0]);
  scan(values, start, end, state);
  return { min: state[0] as number, max: state[1] as number, nan: state[2] as number };
}

/** Extremes of each channel of a row-major [outer, channels, inner] tensor. */
export function channelRanges(values: Float32Array, layout: ChannelLayout): ChannelRanges {
  const { outer, channels, inner } = layout;
  const min = new Float32Array(channels).fill(Infinity);
  const max = new Float32Array(channels).fill(-Infinity);
  let nan = 0;
  if (inner === 1) {
    for (let row = 0; row < outer; row++) nan += scanRow(values, row * channels, min, max);
    return { min, max, nan };
  }
  const state = new Float64Array(3);
  for (let run = 0; run < outer * channels; run++) {
    const channel = run % channels;
    state[0] = min[channel] as number;
    state[1] = max[channel] as number;
    scan(values, run * inner, (run + 1) * inner, state);
    min[channel] = state[0];
    max[channel] = state[1];
  }
  return { min, max, nan: state[2] as number };
}

/** Widens `state` = [min, max, NaN count] by `values[start, end)`. */
function scan(values: Float32Array, start: number, end: number, state: Float64Array): void {
  let lo = state[0] as number;
  let hi = state[1] as number;
  let nan = state[2] as number;
  let i = start;
  while (i < end) {
    const next = Math.min(i + 4, end);
    if (next - i === 4) {
      const a = values[i] as number;
      const b = values[i + 1] as number;
      const c = values[i + 2] as number;
      const d = values[i + 3] as number;
      // The usual case, one well-predicted branch for four values; a NaN fails it.
      if (a >= lo && a <= hi && b >= lo && b <= hi && c >= lo && c <= hi && d >= lo && d <= hi) {
        i = next;
        continue;
      }
    }
    for (; i < next; i++) {
      const v = values[i] as number;
      if (v < lo) lo = v;
      if (v > hi) hi = v;
      if (Number.isNaN(v)) nan++;
    }
  }
  state[0] = lo;
  state[1] = hi;
  state[2] = nan;
}

/** Widens per-channel extremes by one row of `min.length` values; returns its NaN count. */
function scanRow(values: Float32Array, start: number, min: Float32Array, max: Float32Array): number {
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
