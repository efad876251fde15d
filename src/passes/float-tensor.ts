/** Reading and making float tensors of any width for arithmetic in double precision. */

import type { DType } from '../ir/dtype.ts';
import { isFloat } from '../ir/dtype.ts';
import { floatsOf } from '../ir/floats.ts';
import { Tensor } from '../ir/tensor.ts';
import { encodeBfloat16 } from '../numeric/bfloat16.ts';
import { encodeHalf } from '../numeric/half.ts';

/** The elements of a float tensor; null for other types. May be a view: never write to it. */
export function readFloats(tensor: Tensor | null): Float32Array | Float64Array | null {
  if (!tensor || !isFloat(tensor.dtype)) return null;
  const array = tensor.array();
  return array instanceof Float64Array ? array : floatsOf(tensor);
}

/** A tensor of a float type, rounded to nearest; null when a finite value does not fit the type. */
export function writeFloats(
  dtype: DType,
  dims: readonly number[],
  values: Float64Array | Float32Array,
): Tensor | null {
  if (dtype === 'float64') return Tensor.of(dtype, dims, Float64Array.from(values));
  const floats = Float32Array.from(values);
  if (!values.every((value, index) => !Number.isFinite(value) || Number.isFinite(floats[index]))) return null;
  if (dtype === 'float32') return Tensor.of(dtype, dims, floats);
  const codes = new Uint16Array(floats.length);
  if (dtype === 'bfloat16') encodeBfloat16(floats, codes);
  else if (dtype !== 'float16' || encodeHalf(floats, codes).overflowed > 0) return null;
  return Tensor.of(dtype, dims, codes);
}
