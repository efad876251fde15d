/** Arrays in the IDX format of MNIST and its kin (yann.lecun.com/exdb/mnist, "The IDX file format"), plain or gzipped. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { LlmcError } from '../../errors.ts';
import { fileSize, readRange } from '../file-range.ts';
import { allocate, elementCount, type HostTensor } from '../host-tensor.ts';
import type { NpyArray } from './npy-array.ts';

/** Third byte of the magic number: element type and its size. */
const TYPES: Readonly<Record<number, readonly [dtype: string, size: number]>> = {
  8: ['uint8', 1],
  9: ['int8', 1],
  11: ['int16', 2],
  12: ['int32', 4],
  13: ['float32', 4],
  14: ['float64', 8],
};

/** No set of this kind has more; what inflates beyond is no data. */
const MOST_BYTES = 2 ** 32 - 1;

/** Reads a whole file. LlmcError DATA, naming it, when it is no IDX file or shorter than its header says. */
export async function readIdx(path: string, name: string): Promise<NpyArray> {
  const bytes = await readWhole(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, second, code = 0, rank = 0] = bytes;
  const type = TYPES[code];
  const start = 4 + 4 * rank;
  if (first !== 0 || second !== 0 || !type || rank === 0 || bytes.length < start)
    throw broken(path, 'it is not in IDX format');
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const [dtype, size] = type;
  const needed = start + elementCount(dims) * size;
  if (bytes.length < needed) throw broken(path, `it is truncated: ${bytes.length} of ${needed} bytes`);
  const row = elementCount(dims.slice(1));
  const rows = async (from: number, to: number): Promise<HostTensor> => {
    const data = allocate(dtype, (to - from) * row);
    for (let at = 0; at < data.length; at++)
      data[at] = numberAt(view, start + (from * row + at) * size, dtype);
    return { dtype, dims: [to - from, ...dims.slice(1)], data };
  };
  return { name, dtype, dims, rows, all: () => rows(0, dims[0] ?? 0) };
}

/** Numbers are big-endian. */
function numberAt(view: DataView, at: number, dtype: string): number {
  switch (dtype) {
    case 'uint8':
      return view.getUint8(at);
    case 'int8':
      return view.getInt8(at);
    case 'int16':
      return view.getInt16(at);
    case 'int32':
      return view.getInt32(at);
    case 'float32':
      return view.getFloat32(at);
    default:
      return view.getFloat64(at);
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  const bytes = await readRange(path, 0, await fileSize(path));
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES });
  } catch (cause) {
    throw broken(path, 'it cannot be inflated', cause);
  }
}

function broken(path: string, why: string, cause?: unknown): LlmcError {
  return new LlmcError('DATA', `cannot read ${path}: ${why}`, {
    hint: 'download it again; IDX files are those of MNIST, e.g. t10k-images-idx3-ubyte.gz',
    cause,
  });
}
