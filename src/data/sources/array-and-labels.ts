/** Opens kinds whose files hold one array each: the input, and the labels in a second file. */
import { basename } from 'node:path';
import { arrayTable } from '../array-table.ts';
import type { NpyArray } from '../formats/npy-array.ts';
import type { RowTable } from '../row-table.ts';
import type { DataSpec } from '../spec.ts';
import { ONLY_INPUT } from './source.ts';

/** Options of such kinds. */
export const ARRAY_KEYS = {
  input: 'graph input it feeds, default the only one',
  labels: 'path of a second file of this kind with the labels',
};

/**
 * @param read opens the array in a file under a name
 * @param prepare changes the inputs, not the labels
 */
export async function openArrayAndLabels(
  spec: DataSpec,
  read: (path: string, name: string) => Promise<NpyArray>,
  prepare: (array: NpyArray) => NpyArray = (array) => array,
): Promise<RowTable> {
  const arrays = [prepare(await read(spec.path, spec.options.get('input') ?? ONLY_INPUT))];
  const labels = spec.options.get('labels');
  if (labels !== undefined) arrays.push(await read(labels, 'labels'));
  return arrayTable(arrays, {
    name: basename(spec.path),
    labels: labels === undefined ? undefined : 'labels',
  });
}
