/** SHA-256 of a file, read as a stream. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Hexadecimal digest of the whole file. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
