/** Whether a folder holds files of a kind, without reading all of a large one. */
import { type Dir, opendirSync } from 'node:fs';
import { join } from 'node:path';

/** Entries looked at in a folder. */
const MOST = 200;

/** True when a file directly in the folder, or in a folder inside it, has one of these endings (lower case). */
export function folderHolds(path: string, extensions: readonly string[], depth = 1): boolean {
  let folder: Dir;
  try {
    folder = opendirSync(path);
  } catch {
    return false;
  }
  try {
    for (let seen = 0; seen < MOST; seen++) {
      const entry = folder.readSync();
      if (entry === null) return false;
      const name = entry.name.toLowerCase();
      if (name.startsWith('.')) continue;
      if (!entry.isDirectory() && extensions.some((extension) => name.endsWith(extension))) return true;
      if (entry.isDirectory() && depth > 0 && folderHolds(join(path, entry.name), extensions, depth - 1))
        return true;
    }
    return false;
  } finally {
    folder.closeSync();
  }
}
