/** `llmc cache`: what earlier runs left to go on with. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheBytes, cacheFolder } from '../../cache/folder.ts';
import { type Entry, Store } from '../../cache/store.ts';
import { EXIT, LlmcError } from '../../errors.ts';
import { describeEntry } from '../../recipe/kept.ts';
import { type Align, alignColumns } from '../../report/layout.ts';
import { formatBytes } from '../../report/units.ts';
import type { Handler } from '../command.ts';
import type { cacheSpec } from './cache.options.ts';

export const run: Handler<typeof cacheSpec> = async ({ operands, options }, io) => {
  const folder = cacheFolder(options.cache, io.env);
  const limit = cacheBytes(undefined, io.env);
  const narrowed = options.olderThan !== undefined || options.maxSize !== undefined;
  if (operands.action === 'list' && narrowed)
    throw new LlmcError('USAGE', '--older-than and --max-size say what to clean', {
      hint: 'llmc cache clean',
    });
  const empty = !existsSync(folder);
  if (!empty) requireCache(folder);
  if (operands.action === 'list') {
    const store = empty ? null : new Store(folder);
    const entries = store?.list() ?? [];
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    const unfinishedBytes = store?.unfinishedBytes ?? 0;
    const shown = entries.map((entry) => ({
      key: entry.key,
      what: describeEntry(entry.about),
      bytes: entry.bytes,
      usedAt: entry.usedAt.toISOString(),
    }));
    const document = { folder, limitBytes: limit, bytes, unfinishedBytes, entries: shown };
    io.output(document, () => listText(document, entries));
    return EXIT.ok;
  }
  const removed = empty ? 0 : clean(new Store(folder), options, narrowed);
  io.output({ folder, removedBytes: removed }, () => `removed ${formatBytes(removed)} from ${folder}\n`);
  return EXIT.ok;
};

function clean(
  store: Store,
  { olderThan, maxSize }: { readonly olderThan: number | undefined; readonly maxSize: number | undefined },
  narrowed: boolean,
): number {
  if (!narrowed) return store.clean();
  const old = olderThan === undefined ? 0 : store.clean(new Date(Date.now() - olderThan));
  return old + (maxSize === undefined ? 0 : store.limit(maxSize));
}

/** A folder that is not ours is not looked into, and nothing in it is removed. */
function requireCache(folder: string): void {
  if (existsSync(join(folder, 'entries'))) return;
  throw new LlmcError('USAGE', `${folder} is no cache of llmc`, {
    hint: 'name the folder that llmc run --cache was given',
  });
}

function listText(
  {
    folder,
    limitBytes,
    bytes,
    unfinishedBytes,
  }: Readonly<Record<'folder', string>> &
    Readonly<Record<'limitBytes' | 'bytes' | 'unfinishedBytes', number>>,
  entries: readonly Entry[],
): string {
  const unfinished =
    unfinishedBytes > 0 ? `, and ${formatBytes(unfinishedBytes)} of interrupted trainings` : '';
  const head = `${folder}: ${entries.length} entries, ${formatBytes(bytes)} of at most ${formatBytes(limitBytes)}${unfinished}`;
  const aligns: Align[] = ['left', 'right', 'left'];
  const rows = entries.map((entry) => [
    describeEntry(entry.about),
    formatBytes(entry.bytes),
    `used ${entry.usedAt.toISOString().slice(0, 16).replace('T', ' ')}`,
  ]);
  return [head, ...(rows.length > 0 ? ['', ...alignColumns(rows, aligns)] : []), ''].join('\n');
}
