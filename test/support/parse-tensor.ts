/** Literals of the textual syntax to raw tensor bytes. */
import { bytesOf } from '../../src/ir/bytes.ts';
import { byteLengthOf, DTYPES, type DType } from '../../src/ir/dtype.ts';
import { sizeOf } from '../../src/ir/tensor.ts';
import { encodeBfloat16 } from '../../src/numeric/bfloat16.ts';
import { encodeHalf } from '../../src/numeric/half.ts';

export type Literal = string;

/**
 * The elements, little-endian. `{...}` of an abbreviated print is refused by the parser; fewer literals than elements
 * repeat, so that a test can write `float[64,64] w = {0.5}`.
 */
export function tensorBytes(dtype: DType, dims: readonly number[], literals: readonly Literal[]): Uint8Array {
  const size = sizeOf(dims);
  const text = (index: number): string => literals[index % literals.length] ?? '0';
  const numbers = literals.map((literal) =>
    Number(literal.replace(/inf(inity)?/, 'Infinity').replace('nan', 'NaN')),
  );
  const number = (index: number): number => numbers[index % numbers.length] ?? 0;
  const from = { length: size };
  const floats = (): Float32Array => {
    const out = new Float32Array(size);
    for (let index = 0; index < size; index++) out[index] = number(index);
    return out;
  };
  if (dtype === 'float16' || dtype === 'bfloat16') {
    const out = new Uint16Array(size);
    if (dtype === 'float16') encodeHalf(floats(), out);
    else encodeBfloat16(floats(), out);
    return bytesOf(out);
  }
  switch (DTYPES[dtype].storage) {
    case 'f32':
      return bytesOf(floats());
    case 'f64':
      return bytesOf(Float64Array.from(from, (_, index) => number(index)));
    case 'i64':
    case 'u64':
      return bytesOf(BigInt64Array.from(from, (_, index) => BigInt.asIntN(64, BigInt(text(index)))));
    case 'i32':
    case 'u32':
      return bytesOf(Int32Array.from(from, (_, index) => number(index) | 0));
    case 'i16':
    case 'u16':
      return bytesOf(Int16Array.from(from, (_, index) => number(index)));
    case 'packed':
      return pack(dtype, size, number);
    default:
      return bytesOf(Int8Array.from(from, (_, index) => number(index)));
  }
}

function pack(dtype: DType, size: number, number: (index: number) => number): Uint8Array {
  const { bits } = DTYPES[dtype];
  const out = new Uint8Array(byteLengthOf(dtype, size));
  for (let index = 0; index < size; index++) {
    const bit = index * bits;
    out[bit >> 3] = (out[bit >> 3] ?? 0) | ((number(index) & ((1 << bits) - 1)) << (bit & 7));
  }
  return out;
}
