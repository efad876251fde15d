/** Sparse initializers: for everybody else tensors like others, whose zeros are not stored. */
import { bytesOf, computedBytes, memoryBytes } from '../ir/bytes.ts';
import { byteLengthOf, DTYPES } from '../ir/dtype.ts';
import { sizeOf, Tensor } from '../ir/tensor.ts';
import { invalid } from './invalid.ts';
import type { SparseTensorProto } from './proto.ts';
import { quoted } from './quoted.ts';
import { type Surroundings, tensorFromProto } from './tensor-from-proto.ts';

/** Zeros are written out up to this many bytes, and so many times what is stored: a small file may state any dims. */
const MOST_BYTES = 16 << 20;
const MOST_TIMES = 1024;

/**
 * The tensor with its zeros; they are written out when somebody reads it. Null where that would be too large, or where its
 * elements have no bytes of their own.
 * @throws LlmcError MODEL_INVALID for places that do not fit the dims, now or when it is read
 */
export function tensorFromSparse(proto: SparseTensorProto, surroundings: Surroundings): Tensor | null {
  if (!proto.values || !proto.indices) return null;
  const values = tensorFromProto(proto.values, surroundings);
  const indices = tensorFromProto(proto.indices, surroundings);
  const dims = (proto.dims ?? []).map(Number);
  const name = quoted(proto.values.name);
  const width = widthOf(values);
  if (width === null) return null;
  const byteLength = byteLengthOf(values.dtype, sizeOf(dims));
  const stored = values.byteLength + indices.byteLength;
  if (dims.some((dim) => !(dim >= 0)) || !(byteLength <= MOST_BYTES + MOST_TIMES * stored)) return null;
  const rank = indices.dims.length === 2 ? dims.length : 1;
  if (indices.dtype !== 'int64' || indices.size !== values.size * rank)
    throw invalid(`sparse tensor '${name}' has ${values.size} values and ${indices.size} indices`);
  const make = () => {
    const out = new Uint8Array(byteLength);
    const from = values.bytes();
    for (const [item, flat] of flatPlaces(indices, dims).entries()) {
      if (!(flat >= 0 && flat < byteLength / width))
        throw invalid(`sparse tensor '${name}' has a value outside of its dims`);
      out.set(from.subarray(item * width, (item + 1) * width), flat * width);
    }
    return out;
  };
  return new Tensor({
    dtype: values.dtype,
    dims,
    source: computedBytes(byteLength, make),
    rest: { sparse: proto, storedBytes: stored },
  });
}

/** [count] of flat places, or [count, rank] of coordinates. */
function flatPlaces(indices: Tensor, dims: readonly number[]): number[] {
  const at = indices.numbers();
  if (indices.dims.length !== 2) return at;
  return Array.from({ length: indices.dims[0] as number }, (_, item) =>
    dims.reduce((sum, dim, axis) => {
      const place = at[item * dims.length + axis] as number;
      return place >= 0 && place < dim ? sum * dim + place : Number.NaN;
    }, 0),
  );
}

/** The tensor as it is stored without its zeros; null where that takes no fewer bytes. */
export function asSparse(tensor: Tensor): Tensor | null {
  const width = widthOf(tensor);
  if (width === null || tensor.size === 0) return null;
  const bytes = tensor.bytes();
  const places: number[] = [];
  // Negative zeros have a bit and are values; whoever wants them gone makes them plain ones.
  for (let at = 0; at < tensor.size; at++)
    for (let byte = at * width; byte < (at + 1) * width; byte++)
      if (bytes[byte] !== 0) {
        places.push(at);
        break;
      }
  if (places.length * (width + 8) >= tensor.byteLength) return null;
  const values = new Uint8Array(places.length * width);
  for (const [item, at] of places.entries())
    values.set(bytes.subarray(at * width, (at + 1) * width), item * width);
  const proto: SparseTensorProto = {
    values: {
      dims: [places.length],
      data_type: DTYPES[tensor.dtype].code,
      raw_data: memoryBytes(values),
    },
    indices: {
      dims: [places.length],
      data_type: DTYPES.int64.code,
      raw_data: memoryBytes(bytesOf(BigInt64Array.from(places, BigInt))),
    },
    dims: [...tensor.dims],
  };
  const { dtype, dims, source } = tensor;
  const storedBytes = places.length * (width + 8);
  return new Tensor({ dtype, dims, source, rest: { sparse: proto, storedBytes } });
}

/** What the file says, for tensors that are stored without zeros. */
export function sparseForm({ rest }: Tensor): SparseTensorProto | null {
  return (rest?.['sparse'] as SparseTensorProto | undefined) ?? null;
}

/** Bytes of the tensor in a file. */
export function storedBytes(tensor: Tensor): number {
  return Number(tensor.rest?.['storedBytes'] ?? tensor.byteLength);
}

/** Bytes of an element; null for text, and where elements share bytes. */
function widthOf({ dtype }: Tensor): number | null {
  return /packed|string/.test(DTYPES[dtype].storage) ? null : byteLengthOf(dtype, 1);
}
