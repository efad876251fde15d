/** The elements of a float tensor of any width as float32. */
import { decodeBfloat16 } from '../numeric/bfloat16.ts';
import { decodeHalf } from '../numeric/half.ts';
import type { Tensor } from './tensor.ts';

/** Values widened (or, from float64, rounded) to float32; a view where the tensor is aligned float32 already. */
export function floatsOf(tensor: Tensor): Float32Array {
  const array = tensor.array();
  if (array instanceof Float32Array) return array;
  if (array instanceof Float64Array) return Float32Array.from(array);
  if (!(array instanceof Uint16Array)) throw new Error(`floatsOf: ${tensor.dtype} is no float type`);
  const floats = new Float32Array(array.length);
  if (tensor.dtype === 'bfloat16') decodeBfloat16(array, floats);
  else decodeHalf(array, floats);
  return floats;
}
