/** Writes small text files whole or not at all. */
import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LlmcError } from '../errors.ts';

/**
 * To a temporary file in the target's folder, then rename. Everything is synchronous, so a signal cannot come
 * between. Devices and pipes are written to directly. LlmcError WRITE_FAILED.
 */
export function writeWhole(path: string, text: string): void {
  const target = resolveLinks(path);
  const device = target !== null && !statSync(target).isFile();
  const final = target ?? path;
  const temporary = join(dirname(final), `.${basename(final)}.${process.pid}.tmp`);
  try {
    writeTo(device ? final : temporary, device ? 'w' : 'wx', text);
    if (!device) renameSync(temporary, final);
  } catch (cause) {
    if (!device) rmSync(temporary, { force: true });
    throw new LlmcError('WRITE_FAILED', `cannot write ${path}: ${(cause as Error).message}`, {
      hint: 'check that the folder exists, is writable and has space',
      cause,
    });
  }
}

function writeTo(path: string, mode: string, text: string): void {
  const bytes = Buffer.from(text);
  const handle = openSync(path, mode);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
    if (mode === 'wx') fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function resolveLinks(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
