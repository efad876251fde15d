/** The folder that finished steps are kept in for a run, or only during it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheBytes, cacheFolder } from '../cache/folder.ts';
import { HashIndex } from '../cache/hash-index.ts';
import { Store } from '../cache/store.ts';
import { onInterrupt } from '../cleanup.ts';

export interface Keeping {
  /** Whether finished steps are kept for later runs. */
  readonly keep: boolean;
  /** Folder; undefined for `LLMC_CACHE` or the place of the system. */
  readonly cache: string | undefined;
  /** Most bytes that stay; undefined for `LLMC_CACHE_SIZE` or 10 GB. */
  readonly cacheSize: number | undefined;
}

/** Makes room afterwards; without a cache, everything but the outputs is gone in the end. */
export async function withStore<T>(
  options: Keeping,
  io: { readonly env: Readonly<Record<string, string | undefined>> },
  work: (store: Store, index: HashIndex) => Promise<T>,
): Promise<T> {
  if (options.keep) {
    const most = cacheBytes(options.cacheSize, io.env);
    const store = new Store(cacheFolder(options.cache, io.env));
    try {
      return await work(store, new HashIndex(store.folder));
    } finally {
      store.limit(most);
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'llmc-run-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const release = onInterrupt(remove);
  try {
    return await work(new Store(folder), new HashIndex(null));
  } finally {
    remove();
    release();
  }
}
