/** TensorProto's typed data fields (float_data, int32_data, ...) as raw little-endian bytes. */
import { LlmcError } from '../errors.ts';
import { type ByteSource, computedBytes } from '../ir/bytes.ts';
import { byteLengthOf, DTYPES, type DType } from '../ir/dtype.ts';
import type { TensorProto } from './proto.ts';

/** The typed field that holds elements of a type (onnx.proto, TensorProto). */
const FIELD_OF: { readonly [D in DType]?: 'float_data' | 'double_data' | 'int64_data' | 'uint64_data' } = {
  float32: 'float_data',
  complex64: 'float_data',
  float64: 'double_data',
  complex128: 'double_data',
  int64: 'int64_data',
  uint32: 'uint64_data',
  uint64: 'uint64_data',
};

/**
 * The data of a tensor that has no raw_data, converted when read; null when no typed field is there.
 * Reading throws LlmcError MODEL_INVALID when the count differs from `elements`.
 */
export function typedData(proto: TensorProto, dtype: DType, elements: number): ByteSource | null {
  const field = FIELD_OF[dtype] ?? 'int32_data';
  const spans = proto[field];
  if (!spans) return null;
  const byteLength = byteLengthOf(dtype, elements);
  return computedBytes(byteLength, () => {
    const bytes = Buffer.concat(spans.map((span) => span.read()));
    const raw =
      field === 'float_data' || field === 'double_data'
        ? bytes
        : varints(bytes, DTYPES[dtype].bits, byteLength);
    if (raw.byteLength !== byteLength)
      throw new LlmcError(
        'MODEL_INVALID',
        `tensor '${proto.name ?? ''}' has ${raw.byteLength} bytes of data, needs ${byteLength}`,
        {
          hint: 'the file is damaged; export it again',
        },
      );
    return raw;
  });
}

/** Varints to elements of `bits` bits; types below a byte are packed already, one byte per varint. */
function varints(bytes: Uint8Array, bits: number, byteLength: number): Uint8Array {
  const width = Math.max(1, bits / 8);
  const out = new Uint8Array(byteLength);
  const view = new DataView(out.buffer);
  const put = {
    1: (at: number, value: bigint) => view.setUint8(at, Number(value & 0xffn)),
    2: (at: number, value: bigint) => view.setUint16(at, Number(value & 0xffffn), true),
    4: (at: number, value: bigint) => view.setUint32(at, Number(value & 0xffffffffn), true),
    8: (at: number, value: bigint) => view.setBigUint64(at, BigInt.asUintN(64, value), true),
  }[width as 1 | 2 | 4 | 8];
  let written = 0;
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    // One byte too many tells the caller that the count is wrong.
    if (written + width > byteLength) return new Uint8Array(byteLength + 1);
    put(written, value);
    written += width;
    value = 0n;
    shift = 0n;
  }
  return written === byteLength ? out : out.subarray(0, written);
}
