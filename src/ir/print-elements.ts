/** Elements of a tensor as text: the shortest decimal that reads back to the same value. */
import { decodeBfloat16, encodeBfloat16 } from '../numeric/bfloat16.ts';
import { decodeHalf, encodeHalf } from '../numeric/half.ts';
import { DTYPES, type DType } from './dtype.ts';
import type { TypedArray } from './tensor.ts';

/** A string literal of the ONNX textual syntax. */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** One text per element; types narrower than float16 that are not integers appear as their codes. */
export function elementsText(dtype: DType, array: TypedArray, size: number): string[] {
  if (array instanceof Uint16Array && dtype === 'float16') return floats(array, decodeHalf, encodeHalf);
  if (array instanceof Uint16Array && dtype === 'bfloat16')
    return floats(array, decodeBfloat16, encodeBfloat16);
  if (array instanceof Float32Array) return Array.from(array, (value) => shortest(value, Math.fround));
  if (DTYPES[dtype].storage === 'packed') return packed(dtype, array, size);
  return Array.from(array as ArrayLike<number | bigint>, String);
}

function floats(
  array: Uint16Array,
  decode: (from: Uint16Array, to: Float32Array) => void,
  encode: (from: Float32Array, to: Uint16Array) => unknown,
): string[] {
  const wide = new Float32Array(array.length);
  decode(array, wide);
  const code = new Uint16Array(1);
  const value = new Float32Array(1);
  const round = (number: number): number => {
    encode(Float32Array.of(number), code);
    decode(code, value);
    return value[0] as number;
  };
  return Array.from(wide, (number) => shortest(number, round));
}

function shortest(value: number, round: (value: number) => number): string {
  if (!Number.isFinite(value)) return String(value).toLowerCase().replace('infinity', 'inf');
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (round(Number(text)) === value) return text;
  }
  return String(value);
}

/** Sub-byte integers, the first in the lowest bits. */
function packed(dtype: DType, array: TypedArray, size: number): string[] {
  const { bits, kind } = DTYPES[dtype];
  const perByte = 8 / bits;
  return Array.from({ length: size }, (_, index) => {
    const byte = Number(array[Math.floor(index / perByte)]);
    const code = (byte >> ((index % perByte) * bits)) & ((1 << bits) - 1);
    return String(kind === 'int' && code >> (bits - 1) ? code - (1 << bits) : code);
  });
}
