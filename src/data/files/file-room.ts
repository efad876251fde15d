/** A folder with files of one kind, within a size: the least recently used make room for a new one. */
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

export interface FileRoom {
  readonly folder: string;
  readonly mostBytes: number;
}

/** Marks a file as used now. */
export async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}

/**
 * Removes the least recently used files with this ending until `bytes` more fit; false, and nothing is removed, when
 * they never will. Nothing else in the folder is touched.
 */
export async function makeRoom(
  { folder, mostBytes }: FileRoom,
  ending: string,
  bytes: number,
): Promise<boolean> {
  if (bytes > mostBytes) return false;
  const files = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith(ending)) continue;
    const path = join(folder, name);
    // Another process may just have made room.
    const info = await stat(path).catch(() => null);
    if (info) files.push({ path, bytes: info.size, used: info.mtimeMs });
  }
  let held = files.reduce((sum, file) => sum + file.bytes, 0);
  for (const file of files.sort((a, b) => a.used - b.used)) {
    if (held + bytes <= mostBytes) break;
    await rm(file.path, { force: true });
    held -= file.bytes;
  }
  return true;
}
