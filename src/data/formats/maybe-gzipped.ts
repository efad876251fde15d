/** A file as bytes that can be read by range, inflated when it is gzipped. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { LlmcError } from '../../errors.ts';
import { fileSize, readRange } from '../file-range.ts';
import type { RangeSource } from './npy-array.ts';

/** What inflates to more is to be inflated on disk: it would have to stay in memory. */
const MOST_INFLATED = 1 << 30;

/** LlmcError FILE_NOT_FOUND; DATA when it cannot be inflated. */
export async function openMaybeGzipped(path: string): Promise<RangeSource> {
  const byteLength = await fileSize(path);
  const magic = await readRange(path, 0, Math.min(2, byteLength));
  if (magic[0] !== 0x1f || magic[1] !== 0x8b)
    return { byteLength, read: (start, length) => readRange(path, start, length) };
  try {
    const bytes = await promisify(gunzip)(await readRange(path, 0, byteLength), {
      maxOutputLength: MOST_INFLATED,
    });
    return { byteLength: bytes.length, read: async (start, length) => bytes.subarray(start, start + length) };
  } catch (cause) {
    throw new LlmcError('DATA', `cannot inflate ${path}`, {
      hint: `inflate it with gunzip first; at most ${MOST_INFLATED >> 20} MB are inflated in memory`,
      cause,
    });
  }
}
