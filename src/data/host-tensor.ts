/** A tensor in JavaScript memory: what data sources produce, what sessions consume and return. */
import { LlmcError } from '../errors.ts';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/**
 * `dtype` is ONNX's lower-case element type. float16 data is a Uint16Array of bit patterns, bool a Uint8Array of
 * 0 and 1, int4 and uint4 a Uint8Array with two elements per byte, string an array of strings.
 */
export interface HostTensor {
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly data: TypedArray | string[];
}

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

type ArrayDtype = keyof typeof constructors;

/** True for element types stored as one typed-array element each (everything but string and the sub-byte types). */
export function isArrayDtype(dtype: string): dtype is ArrayDtype {
  return Object.hasOwn(constructors, dtype);
}

/** A zeroed array of `length` elements of `dtype`; LlmcError DATA for types that have no typed array. */
export function allocate(dtype: string, length: number): TypedArray {
  if (!isArrayDtype(dtype)) {
    throw new LlmcError('DATA', `tensors of type ${dtype} cannot be made from data`, {
      hint: `supported element types: ${Object.keys(constructors).join(', ')}`,
    });
  }
  return new constructors[dtype](length);
}

/** Number of elements of a tensor with these dims; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
