/** Eight-bit codes of one weight: one scale for the tensor or one per channel, numbers as onnxruntime's Python tools. */
import { floatsOf } from '../../ir/floats.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { channelScaleZeroPoint, scaleZeroPoint } from '../../numeric/affine.ts';
import { quantize, quantizeChannels } from '../../numeric/quantize-linear.ts';
import { type ChannelLayout, channelLayout, channelRanges, rangeOf } from '../../numeric/range.ts';

export interface EightBitSpec {
  readonly type: 'int8' | 'uint8';
  readonly symmetric: boolean;
  /**
   * Symmetric unsigned codes are the signed ones moved by 128, so that both types stand for the same weights.
   * False: onnxruntime's rule, which lays the range over 0..255 and clips the largest weight.
   */
  readonly moved?: boolean;
  /** One bit less, against saturation on x86 without VNNI. */
  readonly reduceRange: boolean;
  /** Axis of the weight as stored with a scale for each index; null: one scale for the tensor. */
  readonly axis: number | null;
  /** Channels are the axes up to and including `axis`, e.g. [direction, gate] of an LSTM. */
  readonly leading?: boolean;
  /** Swap the last two axes of the codes: [.., k, n] becomes [.., n, k]. */
  readonly transpose?: boolean;
  /** Multiplies the scales, e.g. Gemm's alpha. */
  readonly factor?: number;
  /** Scales found elsewhere, one per channel or one in all; symmetric codes only. */
  readonly scales?: Float32Array;
}

export interface EightBit {
  readonly codes: Int8Array | Uint8Array;
  readonly scale: Float32Array;
  readonly zeroPoint: Int8Array | Uint8Array;
}

/** @param scalarZero one zero point for all channels: symmetric codes share it, and some kernels take only a scalar */
export function eightBit(weight: Tensor, spec: EightBitSpec, scalarZero: boolean): EightBit {
  const values = floatsOf(weight);
  const move = spec.moved === true && spec.type === 'uint8' && spec.symmetric;
  const rule: EightBitSpec = move ? { ...spec, type: 'int8' } : spec;
  const signed =
    spec.axis === null ? wholeTensor(values, rule) : byChannel(values, layoutOf(weight.dims, spec), rule);
  const made = move ? moveUp(signed) : signed;
  const factor = spec.factor ?? 1;
  return {
    codes: spec.transpose ? transposeLast(made.codes, weight.dims) : made.codes,
    scale: factor === 1 ? made.scale : made.scale.map((scale) => scale * factor),
    zeroPoint: scalarZero ? made.zeroPoint.slice(0, 1) : made.zeroPoint,
  };
}

/** The weight around its channels, as `spec` counts them. */
export function layoutOf(dims: readonly number[], spec: EightBitSpec): ChannelLayout {
  const layout = channelLayout(dims, spec.axis ?? 0);
  return spec.leading ? { outer: 1, channels: layout.outer * layout.channels, inner: layout.inner } : layout;
}

function wholeTensor(values: Float32Array, spec: EightBitSpec): EightBit {
  const range = spec.scales ? null : rangeOf(values);
  const params = range
    ? scaleZeroPoint(range.min, range.max, spec)
    : { scale: spec.scales?.[0] ?? 1, zeroPoint: symmetricZero(spec) };
  return {
    codes: quantize(values, spec.type, params) as Int8Array | Uint8Array,
    scale: Float32Array.of(params.scale),
    zeroPoint: zeroPointsOf([params.zeroPoint], spec),
  };
}

function byChannel(values: Float32Array, layout: ChannelLayout, spec: EightBitSpec): EightBit {
  const params = spec.scales
    ? {
        scales: spec.scales.slice(),
        zeroPoints: new Int32Array(layout.channels).fill(symmetricZero(spec)),
      }
    : channelScaleZeroPoint(channelRanges(values, layout), spec);
  return {
    codes: quantizeChannels(values, spec.type, layout, params) as Int8Array | Uint8Array,
    scale: params.scales,
    zeroPoint: zeroPointsOf(params.zeroPoints, spec),
  };
}

function symmetricZero({ type }: EightBitSpec): number {
  return type === 'int8' ? 0 : 128;
}

/** int8 codes as uint8 around 128, in place: flipping the sign bit adds 128. Four at a time. */
function moveUp({ codes, scale, zeroPoint }: EightBit): EightBit {
  const words = new Int32Array(codes.buffer, 0, codes.length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) ^ 0x80808080;
  const moved = new Uint8Array(codes.buffer, 0, codes.length);
  for (let i = words.length << 2; i < moved.length; i++) moved[i] = (moved[i] as number) ^ 0x80;
  return { codes: moved, scale, zeroPoint: new Uint8Array(zeroPoint.length).fill(128) };
}

function zeroPointsOf(values: ArrayLike<number>, spec: EightBitSpec): Int8Array | Uint8Array {
  return spec.type === 'int8' ? Int8Array.from(values) : Uint8Array.from(values);
}

/** [.., rows, columns] to [.., columns, rows], in blocks that fit the cache. */
export function transposeLast<T extends Float32Array | Int8Array | Uint8Array>(
  source: T,
  dims: readonly number[],
): T {
  const rows = dims.at(-2) ?? 1;
  const columns = dims.at(-1) ?? 1;
  const target = new (source.constructor as new (length: number) => T)(source.length);
  const block = 32;
  for (let base = 0; base < source.length; base += rows * columns)
    for (let row = 0; row < rows; row += block)
      for (let column = 0; column < columns; column += block) {
        const rowEnd = Math.min(rows, row + block);
        const columnEnd = Math.min(columns, column + block);
        for (let r = row; r < rowEnd; r++)
          for (let c = column; c < columnEnd; c++)
            target[base + c * rows + r] = source[base + r * columns + c] as number;
      }
  return target;
}
