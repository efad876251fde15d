/** Eight-bit weights: codes, scales and zero points of a constant, per tensor or per channel, made lazily. */
import type { DType } from '../ir/dtype.ts';
import type { Tensor } from '../ir/tensor.ts';
import { lazyTensors } from './lazy.ts';
import { type EightBitSpec, layoutOf } from './recipes/eight-bit.ts';

/** How the numbers are made, and the shapes of what goes with the codes. */
export interface WeightSpec extends EightBitSpec {
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
  const perTensor = spec.axis === null;
  const scaleDims = spec.scaleDims ?? (perTensor ? [] : [layoutOf(weight.dims, spec).channels]);
  const zeroPointDims = spec.zeroPointDims ?? scaleDims;
  const scalarZero = !perTensor && zeroPointDims.length === 0;
  const dtype: DType = spec.type;
  return lazyTensors(
    {
      codes: { dtype, dims },
      scale: { dtype: 'float32', dims: scaleDims },
      zeroPoint: { dtype, dims: zeroPointDims },
    },
    { kind: 'eight-bit', spec, scalarZero },
    weight,
  );
}

export function swapLast(dims: readonly number[]): number[] {
  const swapped = [...dims];
  const last = swapped.length - 1;
  [swapped[last - 1], swapped[last]] = [swapped[last] as number, swapped[last - 1] as number];
  return swapped;
}
