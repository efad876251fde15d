/** Batches kept while they are small, so that generating or decoding them happens once. */
import type { InputBatch } from '../../runtime/inputs.ts';

/** Feeds kept at most. */
const KEPT_BYTES = 128 << 20;

/** The same batches at every call: from memory after the first whole pass, if they fit; else from the source again. */
export function replay(
  source: () => AsyncIterable<InputBatch>,
  keptBytes = KEPT_BYTES,
): () => AsyncIterable<InputBatch> {
  let kept: readonly InputBatch[] | null = null;
  let fits = true;
  return async function* () {
    if (kept) {
      yield* kept;
      return;
    }
    const seen: InputBatch[] = [];
    let bytes = 0;
    for await (const batch of source()) {
      bytes += sizeOf(batch);
      fits &&= bytes <= keptBytes;
      if (fits) seen.push(batch);
      else seen.length = 0;
      yield batch;
    }
    // Reached at the end of a whole pass only.
    if (fits) kept = seen;
  };
}

function sizeOf({ feeds }: InputBatch): number {
  let bytes = 0;
  for (const { data } of Object.values(feeds))
    bytes += Array.isArray(data) ? data.length * 64 : data.byteLength;
  return bytes;
}
