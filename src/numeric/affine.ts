/** Scale and zero point of affine quantization, real = scale * (code - zeroPoint), from a range of values. */

import { roundToHalf } from './half.ts';
import { codeRange, type IntegerType, type RangeChoice } from './integer.ts';
import type { ChannelRanges } from './range.ts';
import { roundHalfEven } from './rounding.ts';

/** What the codes are and how the range is laid over them. */
export interface AffineSpec extends RangeChoice {
  readonly type: IntegerType;
  /** The range is widened to at least this, before it is made symmetric. */
  readonly minRealRange?: number;
  /** Element type of the tensor; the scale is of the same type. Default float32. */
  readonly dtype?: 'float32' | 'float16';
}

export interface AffineParams {
  /** Positive, representable in the tensor's element type; Infinity or NaN only for a range that is not finite. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Smallest normal numbers. A scale below is replaced by 1: dividing by it would overflow. */
const TINY = { float32: 1.1754943508222875e-38, float16: 6.103515625e-5 } as const;

/**
 * Scale and zero point for values in [min, max], bit for bit those of onnxruntime's `compute_scale_zp`: zero is
 * always inside the range, the width is rounded to the tensor's type, the quotient formed in double precision.
 * `min` and `max` must be representable in `spec.dtype`; an empty range (min > max) counts as [0, 0].
 */
export function scaleZeroPoint(min: number, max: number, spec: AffineSpec): AffineParams {
  const dtype = spec.dtype ?? 'float32';
  const cast = dtype === 'float32' ? Math.fround : roundToHalf;
  const { qmin, qmax } = codeRange(spec.type, spec);
  let rmin = Math.min(min, 0);
  let rmax = Math.max(max, 0);
  if (spec.minRealRange !== undefined) rmax = Math.max(rmax, cast(rmin + cast(spec.minRealRange)));
  if (spec.symmetric) {
    rmax = Math.max(-rmin, rmax);
    rmin = -rmax;
  }
  const width = cast(rmax - rmin);
  // onnxruntime lets the width of a wide float16 range overflow, and with it the scale; here it stays exact.
  const scale = (width < Infinity ? width : rmax - rmin) / (qmax - qmin);
  if (scale < TINY[dtype]) return { scale: 1, zeroPoint: 0 };
  const zeroPoint = roundHalfEven(spec.symmetric ? (qmin + qmax) / 2 : qmin - rmin / scale);
  // In float16 the width may round far enough to push a 16-bit zero point over the edge.
  return { scale: cast(scale), zeroPoint: Math.min(Math.max(zeroPoint, qmin), qmax) + 0 };
}

/** Scale and zero point of every channel. */
export interface ChannelParams {
  /** [channels] */
  readonly scales: Float32Array;
  /** [channels] */
  readonly zeroPoints: Int32Array;
}

/** `scaleZeroPoint` of each channel's range. */
export function channelScaleZeroPoint(
  ranges: Pick<ChannelRanges, 'min' | 'max'>,
  spec: AffineSpec,
): ChannelParams {
  const channels = ranges.min.length;
  const scales = new Float32Array(channels);
  const zeroPoints = new Int32Array(channels);
  for (let c = 0; c < channels; c++) {
    const params = scaleZeroPoint(ranges.min[c] as number, ranges.max[c] as number, spec);
    scales[c] = params.scale;
    zeroPoints[c] = params.zeroPoint;
  }
  return { scales, zeroPoints };
}
