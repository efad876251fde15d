/** `idx:t10k-images-idx3-ubyte.gz?labels=t10k-labels-idx1-ubyte.gz&scale=1/255`: files of MNIST and its kin. */
import { basename } from 'node:path';
import { columnDataset } from '../columns.ts';
import type { Dataset } from '../dataset.ts';
import { readIdx } from '../formats/idx.ts';
import { NORMALIZATION_KEYS, normalizationOf, normalized } from '../normalized.ts';
import { type DataSpec, positiveOption } from '../spec.ts';
import { ONLY_INPUT, type Source } from './source.ts';

export const idx: Source = {
  kind: 'idx',
  extensions: ['-ubyte', '-ubyte.gz', '.idx', '.idx.gz'],
  keys: {
    input: 'graph input it feeds, default the only one',
    labels: 'path of a second IDX file with the labels',
    limit: 'use only the first rows',
    ...NORMALIZATION_KEYS,
  },
  needsPath: true,
  open: openIdx,
};

async function openIdx(spec: DataSpec): Promise<Dataset> {
  const normalization = normalizationOf(spec);
  const images = await readIdx(spec.path, spec.options.get('input') ?? ONLY_INPUT);
  const arrays = [normalization ? normalized(images, normalization) : images];
  const labels = spec.options.get('labels');
  if (labels !== undefined) arrays.push(await readIdx(labels, 'labels'));
  return columnDataset(arrays, {
    name: basename(spec.path),
    labels: labels === undefined ? undefined : 'labels',
    limit: positiveOption(spec, 'limit'),
  });
}
