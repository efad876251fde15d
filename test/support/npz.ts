/** Writes arrays as numpy's savez would. */
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { npyFile, zip } from '../data/zip-writer.ts';

const DESCR: Readonly<Record<string, string>> = {
  bool: '|b1',
  float16: '<f2',
  float32: '<f4',
  float64: '<f8',
  int32: '<i4',
  int64: '<i8',
  uint8: '|u1',
};

export function npz(arrays: Readonly<Record<string, HostTensor>>, deflate = false): Uint8Array {
  const entries = Object.entries(arrays).map(([name, { dtype, dims, data }]) => {
    if (Array.isArray(data)) throw new Error('text is no array');
    const shape = dims.map((dim) => `${dim},`).join(' ');
    const header = `{'descr': '${DESCR[dtype]}', 'fortran_order': False, 'shape': (${shape}), }`;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { name: `${name}.npy`, data: npyFile(header, bytes), deflate };
  });
  return zip(entries);
}
