/** Size and checksum of a model: its file and its external data, read once as a stream. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface ModelSize {
  /** Model file plus external data. */
  readonly sizeBytes: number;
  /** All of it as one gzip stream, level 6: about what a download costs; null when not asked for. */
  readonly gzipBytes: number | null;
  /** Of the model file; with external data, of the concatenation of all files in the order given. */
  readonly sha256: string;
}

export interface SizeOptions {
  readonly gzip: boolean;
  readonly signal?: AbortSignal;
  /** Called with the bytes read since the last call. */
  onBytes?(count: number): void;
}

/** `files`: the model file first, then its data files. */
export async function measureSize(files: readonly string[], options: SizeOptions): Promise<ModelSize> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const chunks = async function* () {
    for (const file of files) {
      for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
        options.signal?.throwIfAborted();
        const bytes = chunk as Buffer;
        hash.update(bytes);
        sizeBytes += bytes.length;
        options.onBytes?.(bytes.length);
        yield bytes;
      }
    }
  };
  let gzipBytes: number | null = null;
  if (options.gzip) {
    let written = 0;
    await pipeline(chunks, createGzip({ level: 6, chunkSize: 1 << 18 }), async (compressed) => {
      for await (const chunk of compressed) written += (chunk as Buffer).length;
    });
    gzipBytes = written;
  } else {
    for await (const _ of chunks());
  }
  return { sizeBytes, gzipBytes, sha256: hash.digest('hex') };
}
