/** `npy:images.npy?input=x`: one numpy array for a model with one input. */
import { basename } from 'node:path';
import { columnDataset } from '../columns.ts';
import type { Dataset } from '../dataset.ts';
import { fileSize, readRange } from '../file-range.ts';
import { NPY_HEADER_LIMIT } from '../formats/npy.ts';
import { type NpyArray, npyArray } from '../formats/npy-array.ts';
import { type DataSpec, positiveOption } from '../spec.ts';
import { ONLY_INPUT, type Source } from './source.ts';

export const npy: Source = {
  kind: 'npy',
  extensions: ['.npy'],
  keys: {
    input: 'graph input it feeds, default the only one',
    labels: 'path of a second .npy file with the labels',
    limit: 'use only the first rows',
  },
  needsPath: true,
  open: openNpy,
};

async function openNpy(spec: DataSpec): Promise<Dataset> {
  const arrays = [await readArray(spec.path, spec.options.get('input') ?? ONLY_INPUT)];
  const labels = spec.options.get('labels');
  if (labels !== undefined) arrays.push(await readArray(labels, 'labels'));
  return columnDataset(arrays, {
    name: basename(spec.path),
    labels: labels === undefined ? undefined : 'labels',
    limit: positiveOption(spec, 'limit'),
  });
}

async function readArray(path: string, name: string): Promise<NpyArray> {
  const byteLength = await fileSize(path);
  const head = await readRange(path, 0, Math.min(byteLength, NPY_HEADER_LIMIT));
  return npyArray(name, head, { byteLength, read: (start, length) => readRange(path, start, length) });
}
