/** Reads byte ranges of a file without holding it open or reading the rest. */
import { open, stat } from 'node:fs/promises';
import { LlmcError } from '../errors.ts';

/** Size of a regular file; LlmcError FILE_NOT_FOUND when there is none. */
export async function fileSize(path: string): Promise<number> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new LlmcError('FILE_NOT_FOUND', `no such data file: ${path}`, { hint: 'check the path', cause });
  });
  if (!info.isFile()) {
    throw new LlmcError('FILE_NOT_FOUND', `not a file: ${path}`, { hint: 'give the path of a data file' });
  }
  return info.size;
}

/** Exactly `length` bytes from `start`, in fresh memory; LlmcError DATA when the file ends before. */
export async function readRange(path: string, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new LlmcError('FILE_NOT_FOUND', `cannot read ${path}`, { hint: 'check its permissions', cause });
  });
  try {
    let done = 0;
    while (done < length) {
      const want = Math.min(length - done, 1 << 30);
      const { bytesRead } = await handle.read(bytes, done, want, start + done);
      if (bytesRead === 0) {
        throw new LlmcError('DATA', `${path} ends early: ${start + length} bytes are needed`, {
          hint: 'the file is truncated; write or download it again',
        });
      }
      done += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
