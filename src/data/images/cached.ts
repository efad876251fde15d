/** Prepared pictures kept on disk, where the spec names a folder for them. */
import { LlmcError } from '../../errors.ts';
import { parseSize } from '../../report/units.ts';
import { RowCache } from '../files/row-cache.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { DataSpec } from '../spec.ts';
import { decoderVersions } from './decode.ts';
import type { ImageOptions } from './options.ts';

export const CACHE_KEYS = {
  cache: 'folder that keeps pictures as they are after all this, for the next epoch or run',
  cacheSize: 'most it may hold, default 4GB; the least recently used make room',
};

/** Of the code that turns pixels into tensors: higher whenever the same options give other numbers. */
const REVISION = 1;
const DEFAULT_BYTES = 4e9;

/** Gives what is kept for a file, or makes it and keeps it. */
export type Keeper = (path: string, make: () => Promise<HostTensor>) => Promise<HostTensor>;

/** LlmcError DATA for a size that is none; WRITE_FAILED for a folder that cannot be used. */
export async function keeperOf(spec: DataSpec, options: ImageOptions): Promise<Keeper> {
  const [folder, size] = [spec.options.get('cache'), spec.options.get('cacheSize')];
  const mostBytes = size === undefined ? DEFAULT_BYTES : parseSize(size);
  if (mostBytes === null || mostBytes <= 0)
    throw new LlmcError('DATA', `option cacheSize=${size} in "${spec.text}" is no size`, {
      hint: 'for example cacheSize=2GB',
    });
  if (folder === undefined && size !== undefined)
    throw new LlmcError('DATA', `option cacheSize=${size} in "${spec.text}" needs cache=FOLDER`, {
      hint: 'name the folder: cache=.llmc-cache',
    });
  if (folder === undefined) return (_, make) => make();
  const recipe = JSON.stringify([REVISION, await decoderVersions(), options]);
  const cache = await RowCache.open({ folder, mostBytes, recipe });
  return (path, make) => cache.through(path, make);
}
