/** The ONNX element types: one row each, with code, width and how JavaScript holds them. */

/** How the elements of a type are stored in memory once unpacked. */
export type Storage =
  | 'f32'
  | 'f64'
  | 'i8'
  | 'u8'
  | 'i16'
  | 'u16'
  | 'i32'
  | 'u32'
  | 'i64'
  | 'u64'
  | 'packed'
  | 'string';

interface Row {
  readonly code: number;
  /** Bits per element in raw data; 0 for strings, which have no raw form. */
  readonly bits: number;
  readonly storage: Storage;
  readonly kind: 'float' | 'int' | 'uint' | 'bool' | 'complex' | 'string';
}

const rows = {
  float32: { code: 1, bits: 32, storage: 'f32', kind: 'float' },
  uint8: { code: 2, bits: 8, storage: 'u8', kind: 'uint' },
  int8: { code: 3, bits: 8, storage: 'i8', kind: 'int' },
  uint16: { code: 4, bits: 16, storage: 'u16', kind: 'uint' },
  int16: { code: 5, bits: 16, storage: 'i16', kind: 'int' },
  int32: { code: 6, bits: 32, storage: 'i32', kind: 'int' },
  int64: { code: 7, bits: 64, storage: 'i64', kind: 'int' },
  string: { code: 8, bits: 0, storage: 'string', kind: 'string' },
  bool: { code: 9, bits: 8, storage: 'u8', kind: 'bool' },
  float16: { code: 10, bits: 16, storage: 'u16', kind: 'float' },
  float64: { code: 11, bits: 64, storage: 'f64', kind: 'float' },
  uint32: { code: 12, bits: 32, storage: 'u32', kind: 'uint' },
  uint64: { code: 13, bits: 64, storage: 'u64', kind: 'uint' },
  complex64: { code: 14, bits: 64, storage: 'f32', kind: 'complex' },
  complex128: { code: 15, bits: 128, storage: 'f64', kind: 'complex' },
  bfloat16: { code: 16, bits: 16, storage: 'u16', kind: 'float' },
  float8e4m3fn: { code: 17, bits: 8, storage: 'u8', kind: 'float' },
  float8e4m3fnuz: { code: 18, bits: 8, storage: 'u8', kind: 'float' },
  float8e5m2: { code: 19, bits: 8, storage: 'u8', kind: 'float' },
  float8e5m2fnuz: { code: 20, bits: 8, storage: 'u8', kind: 'float' },
  uint4: { code: 21, bits: 4, storage: 'packed', kind: 'uint' },
  int4: { code: 22, bits: 4, storage: 'packed', kind: 'int' },
  float4e2m1: { code: 23, bits: 4, storage: 'packed', kind: 'float' },
  float8e8m0: { code: 24, bits: 8, storage: 'u8', kind: 'float' },
  uint2: { code: 25, bits: 2, storage: 'packed', kind: 'uint' },
  int2: { code: 26, bits: 2, storage: 'packed', kind: 'int' },
  float6e2m3: { code: 27, bits: 6, storage: 'packed', kind: 'float' },
  float6e3m2: { code: 28, bits: 6, storage: 'packed', kind: 'float' },
} as const satisfies Record<string, Row>;

export type DType = keyof typeof rows;

export const DTYPES: { readonly [D in DType]: Row } = rows;

const byCode = new Map<number, DType>(
  Object.entries(rows).map(([name, row]) => [row.code, name as DType] as const),
);

/** The element type of an ONNX TensorProto.DataType code; null for codes this version does not know. */
export function dtypeOfCode(code: number): DType | null {
  return byCode.get(code) ?? null;
}

/** Bytes that `elements` elements take as raw data; sub-byte types are packed and padded to a whole byte. */
export function byteLengthOf(dtype: DType, elements: number): number {
  return Math.ceil((elements * DTYPES[dtype].bits) / 8);
}

/** True for the types a weight may have that llmc compresses from. */
export function isFloat(dtype: DType): dtype is 'float32' | 'float16' | 'bfloat16' | 'float64' {
  return dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16' || dtype === 'float64';
}
