/** Tensor: an immutable constant whose dtype, dims and size are known without reading its bytes. */
import { type ByteSource, bytesOf, memoryBytes } from './bytes.ts';
import { byteLengthOf, DTYPES, type DType } from './dtype.ts';

/** Fields of the file that llmc does not model; only src/onnx looks inside. */
export type Rest = Readonly<Record<string, unknown>>;

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

const constructors = {
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  packed: Uint8Array,
  string: Uint8Array,
} as const;

/** Number of elements of `dims`. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

export interface TensorInit {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly source: ByteSource;
  readonly strings?: readonly Uint8Array[] | undefined;
  readonly rest?: Rest | undefined;
}

/** An immutable constant. Nobody outside this file builds typed arrays over model bytes: spans are unaligned. */
export class Tensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Raw little-endian data as TensorProto.raw_data has it. */
  readonly source: ByteSource;
  /** The elements of a string tensor, UTF-8. */
  readonly strings: readonly Uint8Array[] | null;
  /** How the file stored it, when it came from a file; written back untouched. */
  readonly rest: Rest | null;

  constructor(init: TensorInit) {
    this.dtype = init.dtype;
    this.dims = init.dims;
    this.source = init.source;
    this.strings = init.strings ?? null;
    this.rest = init.rest ?? null;
  }

  /** A tensor over an array in memory. `array` must hold `dims` elements (packed types: packed bytes). */
  static of(dtype: DType, dims: readonly number[], array: ArrayBufferView): Tensor {
    if (array.byteLength !== byteLengthOf(dtype, sizeOf(dims)))
      throw new Error(
        `${dtype}[${dims}] needs ${byteLengthOf(dtype, sizeOf(dims))} bytes, got ${array.byteLength}`,
      );
    return new Tensor({ dtype, dims, source: memoryBytes(bytesOf(array)) });
  }

  /** A float32 scalar. */
  static scalar(value: number): Tensor {
    return Tensor.of('float32', [], new Float32Array([value]));
  }

  /** An int64 vector (shapes, axes, pads). */
  static ints(values: readonly number[]): Tensor {
    return Tensor.of('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.dims);
  }

  /** Bytes as stored: raw data, or the text of a string tensor. */
  get byteLength(): number {
    return this.strings
      ? this.strings.reduce((sum, text) => sum + text.byteLength, 0)
      : this.source.byteLength;
  }

  /** Raw bytes, a view where the source can give one. */
  bytes(): Uint8Array {
    return this.source.read();
  }

  /** The elements: a view when aligned, a copy when not. Sub-byte types stay packed. Never write to it. */
  array(): TypedArray {
    const bytes = this.bytes();
    const make = constructors[DTYPES[this.dtype].storage];
    if (bytes.byteOffset % make.BYTES_PER_ELEMENT === 0)
      return new make(
        bytes.buffer as ArrayBuffer,
        bytes.byteOffset,
        bytes.byteLength / make.BYTES_PER_ELEMENT,
      );
    // Not slice(): of a Buffer that is a view, not a copy.
    return new make(new Uint8Array(bytes).buffer);
  }

  /** The elements of an integer or bool tensor as numbers (int64 beyond 2^53 loses digits; shapes do not get there). */
  numbers(): number[] {
    return Array.from(this.array() as ArrayLike<number | bigint>, Number);
  }
}
