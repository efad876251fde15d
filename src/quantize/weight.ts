/** Eight-bit weights: codes, scales and zero points of a constant, per tensor or per channel, made lazily. */
import type { DType } from '../ir/dtype.ts';
import { floatsOf } from '../ir/floats.ts';
import type { Tensor } from '../ir/tensor.ts';
import { channelScaleZeroPoint, scaleZeroPoint } from '../numeric/affine.ts';
import { quantize, quantizeChannels } from '../numeric/quantize-linear.ts';
import { type ChannelLayout, channelLayout, channelRanges, rangeOf } from '../numeric/range.ts';
import { lazyTensors } from './lazy.ts';

export interface WeightSpec {
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
  /** Shape of the scale tensor; default: [] or [channels]. */
  readonly scaleDims?: readonly number[];
  /** Shape of the zero point; default: that of the scale. */
  readonly zeroPointDims?: readonly number[];
}

export interface QuantizedWeight {
  /** Same element order as the weight, or with the last two axes swapped. */
  readonly codes: Tensor;
  /** float32. */
  readonly scale: Tensor;
  readonly zeroPoint: Tensor;
}

/** Quantizes a float constant; numbers equal onnxruntime's Python tools (ort-parity 2.3, 2.4). Reads nothing yet. */
export function quantizeWeight(weight: Tensor, spec: WeightSpec): QuantizedWeight {
  const dims = spec.transpose ? swapLast(weight.dims) : weight.dims;
  const layout = layoutOf(weight.dims, spec);
  const perTensor = spec.axis === null;
  const scaleDims = spec.scaleDims ?? (perTensor ? [] : [layout.channels]);
  const zeroPointDims = spec.zeroPointDims ?? scaleDims;
  const scalarZero = !perTensor && zeroPointDims.length === 0;
  const dtype: DType = spec.type;
  return lazyTensors(
    {
      codes: { dtype, dims },
      scale: { dtype: 'float32', dims: scaleDims },
      zeroPoint: { dtype, dims: zeroPointDims },
    },
    () => {
      const values = floatsOf(weight);
      const move = spec.moved === true && spec.type === 'uint8' && spec.symmetric;
      const rule: WeightSpec = move ? { ...spec, type: 'int8' } : spec;
      const signed = perTensor ? wholeTensor(values, rule) : byChannel(values, layout, rule);
      const made = move ? moveUp(signed) : signed;
      const factor = spec.factor ?? 1;
      return {
        codes: spec.transpose ? transposeLast(made.codes, weight.dims) : made.codes,
        scale: factor === 1 ? made.scales : made.scales.map((scale) => scale * factor),
        // Symmetric codes share one zero point; kernels that take only a scalar get it as one.
        zeroPoint: scalarZero ? made.zeroPoints.subarray(0, 1) : made.zeroPoints,
      };
    },
  );
}

function layoutOf(dims: readonly number[], spec: WeightSpec): ChannelLayout {
  const layout = channelLayout(dims, spec.axis ?? 0);
  return spec.leading ? { outer: 1, channels: layout.outer * layout.channels, inner: layout.inner } : layout;
}

interface Made {
  readonly codes: Int8Array | Uint8Array;
  readonly scales: Float32Array;
  readonly zeroPoints: Int8Array | Uint8Array;
}

function wholeTensor(values: Float32Array, spec: WeightSpec): Made {
  const range = rangeOf(values);
  const params = scaleZeroPoint(range.min, range.max, spec);
  return {
    codes: quantize(values, spec.type, params) as Int8Array | Uint8Array,
    scales: Float32Array.of(params.scale),
    zeroPoints: zeroPointsOf([params.zeroPoint], spec),
  };
}

function byChannel(values: Float32Array, layout: ChannelLayout, spec: WeightSpec): Made {
  const params = channelScaleZeroPoint(channelRanges(values, layout), spec);
  return {
    codes: quantizeChannels(values, spec.type, layout, params) as Int8Array | Uint8Array,
    scales: params.scales,
    zeroPoints: zeroPointsOf(params.zeroPoints, spec),
  };
}

/** int8 codes as uint8 around 128: flipping the sign bit adds 128. */
function moveUp({ codes, scales, zeroPoints }: Made): Made {
  const moved = new Uint8Array(codes.buffer, codes.byteOffset, codes.length);
  for (let i = 0; i < moved.length; i++) moved[i] = (moved[i] as number) ^ 0x80;
  return { codes: moved, scales, zeroPoints: new Uint8Array(zeroPoints.length).fill(128) };
}

function zeroPointsOf(values: ArrayLike<number>, spec: WeightSpec): Int8Array | Uint8Array {
  return spec.type === 'int8' ? Int8Array.from(values) : Uint8Array.from(values);
}

export function swapLast(dims: readonly number[]): number[] {
  const swapped = [...dims];
  const last = swapped.length - 1;
  [swapped[last - 1], swapped[last]] = [swapped[last] as number, swapped[last - 1] as number];
  return swapped;
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
