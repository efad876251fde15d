/** `images:photos/?size=224&mean=0.485,0.456,0.406&std=0.229,0.224,0.225`: folders of pictures, classes from subfolders. */
import { LlmcError } from '../../errors.ts';
import { concurrently } from '../files/concurrently.ts';
import { folderHolds } from '../files/folder-holds.ts';
import { LABEL_KEYS, labelledFiles } from '../files/labelled-files.ts';
import type { HostTensor } from '../host-tensor.ts';
import { arrangePixels } from '../images/arrange-pixels.ts';
import { CACHE_KEYS, keeperOf } from '../images/cached.ts';
import { decodeImage, IMAGE_EXTENSIONS } from '../images/decode.ts';
import { IMAGE_KEYS, imageOptions } from '../images/options.ts';
import { imageTensor } from '../images/to-tensor.ts';
import { stackRows } from '../stack-rows.ts';
import { ONLY_INPUT, type Source } from './source.ts';

/** Pictures decoded at once: sharp has threads of its own, and large pictures take much memory. */
const AT_ONCE = 8;

export const images: Source = {
  kind: 'images',
  extensions: IMAGE_EXTENSIONS,
  keys: {
    ...IMAGE_KEYS,
    ...LABEL_KEYS,
    ...CACHE_KEYS,
    input: 'graph input it feeds, default the only one',
  },
  files: ['labels'],
  caches: ['cache'],
  needsPath: true,
  holds: (path) => folderHolds(path, IMAGE_EXTENSIONS),
  costly: true,
  async open(spec) {
    const options = imageOptions(spec);
    const files = await labelledFiles(spec, IMAGE_EXTENSIONS, 'images');
    const column = spec.options.get('input') ?? ONLY_INPUT;
    const keep = await keeperOf(spec, options);
    const read = (index: number): Promise<HostTensor> => {
      const path = files.paths[index] as string;
      return keep(path, async () => imageTensor(arrangePixels(await decodeImage(path), options), options));
    };
    const { dims } = await read(0);
    const readAlike = async (index: number): Promise<HostTensor> => {
      const row = await read(index);
      if (row.dims.every((dim, axis) => dim === dims[axis])) return row;
      const [is, first] = [row.dims.join('x'), dims.join('x')];
      throw new LlmcError('DATA', `${files.paths[index]} becomes ${is}, ${files.paths[0]} ${first}`, {
        hint: 'give all pictures one size, e.g. size=224',
      });
    };
    return {
      name: files.name,
      length: files.paths.length,
      columns: [{ name: column, dtype: 'float32', dims: [files.paths.length, ...dims], shared: false }],
      hasLabels: files.labels([0]) !== null,
      labelDims: [],
      place: files.place,
      async rows(indices) {
        const inputs = { [column]: stackRows(await concurrently(indices, AT_ONCE, readAlike)) };
        const labels = files.labels(indices);
        return { inputs, size: indices.length, ...(labels && { labels }) };
      },
    };
  },
};
