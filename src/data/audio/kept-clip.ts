/** Resampled recordings kept on disk, where the spec names a folder for them. */
import { cacheOf } from '../files/cache-options.ts';
import { RowCache } from '../files/row-cache.ts';
import type { DataSpec } from '../spec.ts';
import type { Clip } from './clip.ts';

/** Of the code that resamples: higher whenever the same recording gives other numbers. */
const REVISION = 1;
/** Samples of whole recordings that stay in memory, since frames ask for the same one again and again. */
const IN_MEMORY = 1 << 24;
/** A longer recording is read by stretches, as without a cache. */
const LONGEST = 1 << 26;

/** The same clip, resampled once. LlmcError DATA for bad options, WRITE_FAILED for a folder that cannot be used. */
export async function clipKeeper(spec: DataSpec, rate: number): Promise<(path: string, clip: Clip) => Clip> {
  const room = cacheOf(spec);
  if (room === null) return (_, clip) => clip;
  const cache = await RowCache.open({ ...room, recipe: JSON.stringify(['wav', REVISION, rate]) });
  const recent = new Map<string, Promise<Float32Array>>();
  const whole = (path: string, clip: Clip): Promise<Float32Array> => {
    const found = recent.get(path) ?? resampled(cache, path, clip);
    // Asked for last, so it goes last.
    recent.delete(path);
    recent.set(path, found);
    const most = Math.max(1, Math.floor(IN_MEMORY / Math.max(1, clip.length)));
    for (const first of recent.keys()) if (recent.size > most) recent.delete(first);
    found.catch(() => recent.delete(path));
    return found;
  };
  return (path, clip) =>
    clip.length > LONGEST
      ? clip
      : {
          length: clip.length,
          async read(start, end) {
            const result = new Float32Array(end - start);
            const samples = await whole(path, clip);
            result.set(samples.subarray(Math.min(start, samples.length), Math.min(end, samples.length)));
            return result;
          },
        };
}

async function resampled(cache: RowCache, path: string, clip: Clip): Promise<Float32Array> {
  const { data } = await cache.through(path, async () => ({
    dtype: 'float32',
    dims: [clip.length],
    data: await clip.read(0, clip.length),
  }));
  return data as Float32Array;
}
