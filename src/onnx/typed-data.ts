/** TensorProto's typed data fields (float_data, int32_data, ...) as raw little-endian bytes. */
import { LlmcError } from '../errors.ts';
import { type ByteSource, computedBytes } from '../ir/bytes.ts';
import { byteLengthOf, DTYPES, type DType } from '../ir/dtype.ts';
import type { TensorProto } from './proto.ts';
import { quoted } from './quoted.ts';

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
 * @throws LlmcError MODEL_INVALID when there is too little for `elements`; reading throws it for any other count
 */
export function typedData(proto: TensorProto, dtype: DType, elements: number): ByteSource | null {
  const field = FIELD_OF[dtype] ?? 'int32_data';
  const spans = proto[field];
  if (!spans) return null;
  const byteLength = byteLengthOf(dtype, elements);
  const stored = spans.reduce((sum, span) => sum + span.byteLength, 0);
  // Refused here, before anybody asks for as much memory as the dims claim: a varint has at least one byte.
  const wrong =
    field === 'float_data' || field === 'double_data'
      ? stored !== byteLength
      : stored < byteLength / Math.max(1, DTYPES[dtype].bits / 8);
  if (wrong) throw wrongCount(proto, `${stored} bytes of ${field}`, `${elements} elements`);
  return computedBytes(byteLength, () => {
    const bytes = Buffer.concat(spans.map((span) => span.read()));
    const raw =
      field === 'float_data' || field === 'double_data'
        ? bytes
        : varints(bytes, DTYPES[dtype].bits, byteLength);
    if (raw.byteLength !== byteLength)
      throw wrongCount(proto, `another number of elements in ${field}`, String(elements));
    return raw;
  });
}

function wrongCount(proto: TensorProto, has: string, needs: string): LlmcError {
  return new LlmcError('MODEL_INVALID', `tensor '${quoted(proto.name)}' has ${has}, needs ${needs}`, {
    hint: 'the file is damaged; export it again',
  });
}

/** Varints to elements of `bits` bits; types below a byte are packed already, one byte per varint. */
function varints(bytes: Uint8Array, bits: number, byteLength: number): Uint8Array {
  const width = Math.max(1, bits / 8);
  const out = new Uint8Array(byteLength);
  const view = new DataView(out.buffer);
  const put = {
    1: (at: number, low: number) => view.setUint8(at, low),
    2: (at: number, low: number) => view.setUint16(at, low, true),
    4: (at: number, low: number) => view.setUint32(at, low, true),
    8: (at: number, low: number, high: number) => {
      view.setUint32(at, low, true);
      view.setUint32(at + 4, high, true);
    },
  }[width as 1 | 2 | 4 | 8];
  let written = 0;
  for (let at = 0; at < bytes.byteLength; ) {
    // One byte too many tells the caller that the count is wrong.
    if (written + width > byteLength) return new Uint8Array(byteLength + 1);
    // The 64 bits as two halves: a bigint for every element would take ten times as long.
    let low = 0;
    let high = 0;
    let shift = 0;
    let byte: number;
    do {
      if (at >= bytes.byteLength || shift > 63) return new Uint8Array(byteLength + 1);
      byte = bytes[at++] as number;
      const part = byte & 0x7f;
      if (shift < 32) low |= part << shift;
      if (shift >= 32) high |= part << (shift - 32);
      else if (shift > 25) high |= part >>> (32 - shift);
      shift += 7;
    } while (byte >= 0x80);
    put(written, low >>> 0, high >>> 0);
    written += width;
  }
  return written === byteLength ? out : out.subarray(0, written);
}
