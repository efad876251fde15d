/** `npy:images.npy?input=x`: one numpy array for a model with one input. */
import { fileSize, readRange } from '../file-range.ts';
import { NPY_HEADER_LIMIT } from '../formats/npy.ts';
import { type NpyArray, npyArray } from '../formats/npy-array.ts';
import { ARRAY_KEYS, openArrayAndLabels } from './array-and-labels.ts';
import type { Source } from './source.ts';

export const npy: Source = {
  kind: 'npy',
  extensions: ['.npy'],
  keys: ARRAY_KEYS,
  files: ['labels'],
  needsPath: true,
  open: (spec) => openArrayAndLabels(spec, readArray),
};

async function readArray(path: string, name: string): Promise<NpyArray> {
  const byteLength = await fileSize(path);
  const head = await readRange(path, 0, Math.min(byteLength, NPY_HEADER_LIMIT));
  return npyArray(name, head, { byteLength, read: (start, length) => readRange(path, start, length) }, path);
}
