/** Folders that are made with all that leads to them. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LlmcError } from './errors.ts';

/**
 * As `mkdir -p`. Node 20's own recursive form never returns for a path under a folder that takes none and says "no such
 * entry", such as /proc.
 * @throws the system's error where a folder cannot be made
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(path)) throw error;
  }
}

/**
 * Makes the folder that an option names, where there is none.
 * @param option as the command line has it: `--checkpoint`
 * @throws LlmcError WRITE_FAILED where that is not possible
 */
export function makeFolderOf(option: string, path: string): void {
  try {
    makeFolder(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'a file is in the way' : message;
    throw new LlmcError('WRITE_FAILED', `the folder of ${option} ${path} cannot be used: ${why}`, {
      hint: `name a folder that can be written, or leave ${option} out`,
      cause,
    });
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
