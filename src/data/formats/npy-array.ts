/** An array in .npy format, read row by row from a file or a zip entry. */
import { LlmcError } from '../../errors.ts';
import { allocate, elementCount, type HostTensor, type TypedArray } from '../host-tensor.ts';
import { type NpyHeader, parseNpyHeader } from './npy.ts';

/** Bytes that can be read by range: a file, a stored zip entry, an inflated one. */
export interface RangeSource {
  readonly byteLength: number;
  /** Exactly `length` bytes from `start`, in memory nobody else uses, aligned for any element type. */
  read(start: number, length: number): Promise<Uint8Array>;
}

export interface NpyArray {
  readonly name: string;
  readonly dtype: string;
  readonly dims: readonly number[];
  /** Rows `start` to `end` along axis 0, row-major and little-endian whatever the file has. */
  rows(start: number, end: number): Promise<HostTensor>;
  all(): Promise<HostTensor>;
}

/** Bytes behind an array that are of no concern. */
const SLACK = 1 << 20;

/**
 * An array from its source and the first bytes of it. LlmcError DATA when the source is shorter than its shape.
 * @param path the file, for messages
 */
export function npyArray(name: string, head: Uint8Array, source: RangeSource, path: string): NpyArray {
  const called = name === '' ? path : `array "${name}" of ${path}`;
  const header = parseNpyHeader(head, called);
  const needed = header.dataStart + elementCount(header.dims) * header.itemSize;
  if (needed > source.byteLength) {
    throw new LlmcError('DATA', `${called} is truncated: ${source.byteLength} of ${needed} bytes`, {
      hint: 'write or download the file again',
    });
  }
  // What is longer by far is no array that numpy wrote, and all of it would have to be inflated.
  if (source.byteLength > needed + SLACK) {
    throw new LlmcError('DATA', `${called} has ${source.byteLength} bytes, its shape takes ${needed}`, {
      hint: 'write the file again with numpy.save or numpy.savez',
    });
  }
  const { dtype, dims } = header;
  const all = () => readElements(header, source, 0, dims, false);
  if (!header.fortran) {
    const rowDims = dims.slice(1);
    const rowBytes = elementCount(rowDims) * header.itemSize;
    const rows = (start: number, end: number) =>
      readElements(header, source, start * rowBytes, [end - start, ...rowDims], false);
    return { name, dtype, dims, all, rows };
  }
  // Column-major rows are scattered over the whole array, so it is read and turned once.
  let turned: Promise<HostTensor> | undefined;
  const whole = () => {
    turned ??= readElements(header, source, 0, dims, true);
    return turned;
  };
  return { name, dtype, dims, all: whole, rows: async (start, end) => sliceRows(await whole(), start, end) };
}

/** Rows of a row-major tensor as a view on its data. */
export function sliceRows(tensor: HostTensor, start: number, end: number): HostTensor {
  const rowDims = tensor.dims.slice(1);
  const row = elementCount(rowDims);
  const { dtype, data } = tensor;
  const part = Array.isArray(data)
    ? data.slice(start * row, end * row)
    : data.subarray(start * row, end * row);
  return { dtype, dims: [end - start, ...rowDims], data: part };
}

async function readElements(
  header: NpyHeader,
  source: RangeSource,
  offset: number,
  dims: readonly number[],
  turn: boolean,
): Promise<HostTensor> {
  const length = elementCount(dims);
  const bytes = await source.read(header.dataStart + offset, length * header.itemSize);
  if (header.bigEndian) swap(bytes, header.itemSize);
  const data = allocate(header.dtype, length);
  new Uint8Array(data.buffer).set(bytes);
  return { dtype: header.dtype, dims, data: turn ? toRowMajor(data, dims) : data };
}

function swap(bytes: Uint8Array, itemSize: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (itemSize === 2) buffer.swap16();
  else if (itemSize === 4) buffer.swap32();
  else if (itemSize === 8) buffer.swap64();
}

function toRowMajor(data: TypedArray, dims: readonly number[]): TypedArray {
  const result = data.slice();
  // Walk the row-major positions; `index` is the multi-index, `from` its column-major offset.
  const index = dims.map(() => 0);
  const strides = dims.map((_, axis) => elementCount(dims.slice(0, axis)));
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from] as number & bigint;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      from += strides[axis] as number;
      if (next < (dims[axis] as number)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      from -= next * (strides[axis] as number);
    }
  }
  return result;
}
