/** Converts tensors between element types where no value changes its meaning. */
import { LlmcError } from '../errors.ts';
import { decodeHalf, encodeHalf } from '../numeric/half.ts';
import { allocate, type HostTensor, isArrayDtype, type TypedArray } from './host-tensor.ts';
import { type Origin, placeOf } from './origin.ts';

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  bool: [0, 1],
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2 ** 64],
};

/**
 * The tensor as `dtype`. Floats lose precision as the model's own type demands; integers must be exact.
 * LlmcError DATA, naming `name` and where known the row, when a value does not fit or there is no conversion (strings).
 */
export function castTensor(tensor: HostTensor, dtype: string, name: string, origin?: Origin): HostTensor {
  if (tensor.dtype === dtype) return tensor;
  const { data, dims } = tensor;
  if (Array.isArray(data) || !isArrayDtype(dtype) || !isArrayDtype(tensor.dtype)) {
    throw new LlmcError('DATA', `"${name}" is ${tensor.dtype}, the model wants ${dtype}`, {
      hint: `store the data as ${dtype}`,
    });
  }
  const result = allocate(dtype, data.length);
  const source = data instanceof Uint16Array && tensor.dtype === 'float16' ? widen(data) : data;
  const range = ranges[dtype];
  if (range !== undefined) {
    const odd = copyIntegers(source, result, range);
    if (odd >= 0) {
      const place = origin ? `${placeOf(odd, tensor, origin)}: ` : '';
      throw new LlmcError('DATA', `${place}"${name}" holds ${source[odd]}, which is no ${dtype}`, {
        hint: `the model wants ${dtype}; store the data as ${dtype}`,
      });
    }
  } else if (result instanceof Uint16Array) encodeHalf(toFloat32(source), result);
  else copyFloats(source, result as Float32Array | Float64Array);
  return { dtype, dims, data: result };
}

/** The values as floats: float32 and float64 data as it is, anything else converted; null for strings. */
export function asFloats(tensor: HostTensor): Float32Array | Float64Array | null {
  const { data, dtype } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (Array.isArray(data) || !isArrayDtype(dtype)) return null;
  if (data instanceof Uint16Array && dtype === 'float16') return widen(data);
  const result = new Float64Array(data.length);
  copyFloats(data, result);
  return result;
}

function toFloat32(source: TypedArray): Float32Array {
  if (source instanceof Float32Array) return source;
  const result = new Float32Array(source.length);
  copyFloats(source, result);
  return result;
}

/** `set` converts natively, many times faster than a loop over arrays of many types; it does not take bigints. */
function copyFloats(source: TypedArray, result: Float32Array | Float64Array): void {
  if (source instanceof BigInt64Array || source instanceof BigUint64Array)
    for (let i = 0; i < source.length; i++) result[i] = Number(source[i]);
  else result.set(source);
}

function widen(halves: Uint16Array): Float32Array {
  const result = new Float32Array(halves.length);
  decodeHalf(halves, result);
  return result;
}

/** The position of the first value that the type cannot hold, where copying stopped; -1 when it can hold all. */
function copyIntegers(source: TypedArray, result: TypedArray, range: readonly [number, number]): number {
  const wide = result instanceof BigInt64Array || result instanceof BigUint64Array;
  const big = source instanceof BigInt64Array || source instanceof BigUint64Array;
  if (wide && !big) return copyToWords(source, new Uint32Array(result.buffer), range);
  for (let i = 0; i < source.length; i++) {
    const raw = source[i] as number | bigint;
    const value = Number(raw);
    if (!fits(value, range)) return i;
    if (wide) result[i] = raw as bigint;
    else result[i] = value;
  }
  return -1;
}

/** Numbers as 64-bit integers in two words each, the lower first: several times as fast as through bigints. */
function copyToWords(
  source: Exclude<TypedArray, BigInt64Array | BigUint64Array>,
  words: Uint32Array,
  range: readonly [number, number],
): number {
  for (let i = 0; i < source.length; i++) {
    const value = source[i] as number;
    // 2^63 and 2^64 themselves are numbers, but no such integers.
    if (!fits(value, range) || value === range[1]) return i;
    const upper = Math.floor(value / 2 ** 32);
    words[2 * i] = value - upper * 2 ** 32;
    words[2 * i + 1] = upper;
  }
  return -1;
}

function fits(value: number, range: readonly [number, number]): boolean {
  return Number.isInteger(value) && value >= range[0] && value <= range[1];
}
