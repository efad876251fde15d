/** `idx:t10k-images-idx3-ubyte.gz?labels=t10k-labels-idx1-ubyte.gz&scale=1/255`: files of MNIST and its kin. */
import { readIdx } from '../formats/idx.ts';
import { NORMALIZATION_KEYS, normalizationOf, normalized } from '../normalized.ts';
import { ARRAY_KEYS, openArrayAndLabels } from './array-and-labels.ts';
import type { Source } from './source.ts';

export const idx: Source = {
  kind: 'idx',
  extensions: ['-ubyte', '-ubyte.gz', '.idx', '.idx.gz'],
  keys: { ...ARRAY_KEYS, ...NORMALIZATION_KEYS },
  files: ['labels'],
  needsPath: true,
  async open(spec) {
    const normalization = normalizationOf(spec);
    return openArrayAndLabels(spec, readIdx, (array) =>
      normalization ? normalized(array, normalization) : array,
    );
  },
};
