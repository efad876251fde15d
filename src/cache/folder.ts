/** Where results of steps are kept, and how much of them. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { LlmcError } from '../errors.ts';
import { parseSize } from '../report/units.ts';

interface Variables {
  readonly LLMC_CACHE?: string | undefined;
  readonly LLMC_CACHE_SIZE?: string | undefined;
  readonly XDG_CACHE_HOME?: string | undefined;
  readonly LOCALAPPDATA?: string | undefined;
  readonly HOME?: string | undefined;
  readonly USERPROFILE?: string | undefined;
}

/** Ten gigabytes. */
const DEFAULT_BYTES = 10e9;

/** What was asked for, else `LLMC_CACHE`, else the place the system has for such files. */
export function cacheFolder(asked: string | undefined, env: Variables): string {
  const { LLMC_CACHE, XDG_CACHE_HOME, LOCALAPPDATA, HOME, USERPROFILE } = env;
  const told = asked ?? LLMC_CACHE;
  if (told) return resolve(told);
  const home = HOME ?? USERPROFILE ?? homedir();
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'llmc');
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'llmc');
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'llmc');
  return join(home, '.cache', 'llmc');
}

/** What was asked for, else `LLMC_CACHE_SIZE`, else 10 GB. @throws LlmcError USAGE when the variable is no size */
export function cacheBytes(asked: number | undefined, env: Variables): number {
  const { LLMC_CACHE_SIZE: told } = env;
  if (asked !== undefined || !told) return asked ?? DEFAULT_BYTES;
  const bytes = parseSize(told);
  if (bytes !== null && bytes > 0) return bytes;
  throw new LlmcError('USAGE', `LLMC_CACHE_SIZE "${told}" is not a size`, { hint: 'for example 10GB' });
}
