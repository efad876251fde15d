/** `npz:eval.npz?labels=y&limit=512`: numpy archives, one array per graph input. */
import { basename } from 'node:path';
import { LlmcError } from '../../errors.ts';
import { arrayTable } from '../array-table.ts';
import { readRange } from '../file-range.ts';
import { NPY_HEADER_LIMIT } from '../formats/npy.ts';
import { type NpyArray, npyArray, type RangeSource } from '../formats/npy-array.ts';
import { openZip, readEntry, readEntryStart, type ZipEntry } from '../formats/zip.ts';
import type { RowTable } from '../row-table.ts';
import type { DataSpec } from '../spec.ts';
import type { Source } from './source.ts';

export const npz: Source = {
  kind: 'npz',
  extensions: ['.npz'],
  keys: { labels: 'name of the array with the labels, default labels' },
  needsPath: true,
  open: openNpz,
};

async function openNpz(spec: DataSpec): Promise<RowTable> {
  const entries = await openZip(spec.path);
  const arrays: NpyArray[] = [];
  for (const entry of entries) {
    if (!entry.name.endsWith('.npy')) continue;
    const head = await readEntryStart(spec.path, entry, NPY_HEADER_LIMIT);
    arrays.push(npyArray(entry.name.slice(0, -4), head, entrySource(spec.path, entry), spec.path));
  }
  const names = arrays.map((array) => array.name);
  if (names.length === 0) {
    throw new LlmcError('DATA', `${spec.path} holds no arrays`, {
      hint: 'write it with numpy.savez(path, name=array)',
    });
  }
  const labels = spec.options.get('labels');
  if (labels !== undefined && !names.includes(labels)) {
    throw new LlmcError('DATA', `${spec.path} has no array "${labels}" for the labels`, {
      hint: `arrays: ${names.join(', ')}`,
    });
  }
  return arrayTable(arrays, { name: basename(spec.path), labels: labels ?? 'labels' });
}

function entrySource(path: string, entry: ZipEntry): RangeSource {
  if (entry.stored) {
    return { byteLength: entry.size, read: (start, length) => readRange(path, entry.start + start, length) };
  }
  // A deflated entry has no random access: it is inflated once, when first needed.
  let inflated: Promise<Uint8Array> | undefined;
  return {
    byteLength: entry.size,
    async read(start, length) {
      inflated ??= readEntry(path, entry);
      // Not Buffer's slice, which shares memory.
      return Uint8Array.prototype.slice.call(await inflated, start, start + length);
    },
  };
}
