/** Files as byte sources: read by range, never whole unless somebody asks. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { LlmcError } from '../errors.ts';
import type { ByteSource } from '../ir/bytes.ts';
import { named } from './quoted.ts';

// File descriptors are closed when nobody can read from the source any more.
const registry = new FinalizationRegistry<number>((fd) => {
  try {
    closeSync(fd);
  } catch {
    // Closed already.
  }
});

/**
 * Opens a regular file for reading by range.
 * @throws LlmcError FILE_NOT_FOUND when it does not exist, is a directory or device, or may not be read.
 */
export function openFile(path: string): ByteSource {
  const fd = openDescriptor(path);
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw new LlmcError(
      'FILE_NOT_FOUND',
      `${path} is ${stat.isDirectory() ? 'a folder' : 'not a regular file'}`,
      {
        hint: 'give the path of a .onnx file',
      },
    );
  }
  const byteLength = stat.size;
  const source: ByteSource = {
    byteLength,
    file: { path, offset: 0, descriptor: fd },
    read: (start = 0, end = byteLength) => readRange(fd, path, start, end),
  };
  registry.register(source, fd);
  return source;
}

function openDescriptor(path: string): number {
  try {
    // Non-blocking, so that a named pipe is refused rather than waited for.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read'
          : `cannot be opened (${code})`;
    throw new LlmcError('FILE_NOT_FOUND', `${named(path)} ${why}`, {
      hint: 'check the path and its permissions',
      cause,
    });
  }
}

/** Largest single read: Node limits buffers, and one system call returns at most 2 GiB. */
const CHUNK = 1 << 30;

function readRange(fd: number, path: string, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  readInto(bytes, fd, path, start);
  return bytes;
}

/**
 * Fills `bytes` with what an open file holds from `start`.
 * @throws LlmcError MODEL_UNREADABLE when the file ends too early or cannot be read
 */
export function readInto(bytes: Uint8Array, fd: number, path: string, start: number): void {
  const end = start + bytes.byteLength;
  let done = 0;
  while (done < bytes.byteLength) {
    const count = readSome(fd, path, bytes, done, start + done);
    if (count === 0)
      throw new LlmcError('MODEL_UNREADABLE', `${path} ends at byte ${start + done}, ${end} expected`, {
        hint: 'the file changed or shrank while llmc was reading it; try again',
      });
    done += count;
  }
}

function readSome(fd: number, path: string, bytes: Uint8Array, done: number, position: number): number {
  try {
    return readSync(fd, bytes, done, Math.min(CHUNK, bytes.byteLength - done), position);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new LlmcError('MODEL_UNREADABLE', `${path} cannot be read at byte ${position} (${code})`, {
      hint: 'the disk or the network share it lies on has a problem; copy the file elsewhere',
      cause,
    });
  }
}
