/** Prepared pictures kept on disk, where the spec names a folder for them. */
import { cacheKeys, cacheOf } from '../files/cache-options.ts';
import { RowCache } from '../files/row-cache.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { DataSpec } from '../spec.ts';
import { decoderVersions } from './decode.ts';
import type { ImageOptions } from './options.ts';

export const CACHE_KEYS = cacheKeys('pictures as they are after all this');

/** Of the code that turns pixels into tensors: higher whenever the same options give other numbers. */
const REVISION = 1;

/** Gives what is kept for a file, or makes it and keeps it. */
export type Keeper = (path: string, make: () => Promise<HostTensor>) => Promise<HostTensor>;

/** LlmcError DATA for a size that is none; WRITE_FAILED for a folder that cannot be used. */
export async function keeperOf(spec: DataSpec, options: ImageOptions): Promise<Keeper> {
  const room = cacheOf(spec);
  if (room === null) return (_, make) => make();
  const recipe = JSON.stringify([REVISION, await decoderVersions(), options]);
  const cache = await RowCache.open({ ...room, recipe });
  return (path, make) => cache.through(path, make);
}
