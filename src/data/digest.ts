/** What rows hold, as a digest: the same rows in the same order have the same one, wherever they come from. */
import { createHash } from 'node:crypto';
import type { Batch } from './dataset.ts';

/** Rows of the batches that are hashed: their dims are part of the digest. */
export const DIGEST_BATCH = 64;

/**
 * SHA-256, hexadecimal, of the inputs of batches of `DIGEST_BATCH` rows.
 * @param columns names of those that count; default all
 */
export async function digestOfRows(
  batches: AsyncIterable<Batch>,
  columns?: ReadonlySet<string>,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const { inputs } of batches)
    for (const [name, { dims, data }] of Object.entries(inputs)) {
      if (!(columns?.has(name) ?? true)) continue;
      hash.update(`${name} ${dims.join('x')}`);
      if (Array.isArray(data)) hash.update(JSON.stringify(data));
      else hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  return hash.digest('hex');
}
