/** `cache=FOLDER&cacheSize=2GB`: where a kind of data keeps what took work to make. */
import { LlmcError } from '../../errors.ts';
import { parseSize } from '../../report/units.ts';
import type { DataSpec } from '../spec.ts';
import type { FileRoom } from './file-room.ts';

const DEFAULT_BYTES = 4e9;

/** @param what `pictures as they are after all this` */
export function cacheKeys(what: string): Readonly<Record<'cache' | 'cacheSize', string>> {
  return {
    cache: `folder that keeps ${what}, for the next epoch or run`,
    cacheSize: 'most it may hold, default 4GB; the least recently used make room',
  };
}

/** Null where none is asked for. LlmcError DATA for a size that is none, or one of no folder. */
export function cacheOf(spec: DataSpec): FileRoom | null {
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
  return folder === undefined ? null : { folder, mostBytes };
}
