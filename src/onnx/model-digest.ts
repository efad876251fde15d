/** The content of a model as one digest: its file and its external data. */
import { createHash } from 'node:crypto';
import { sha256 } from './checksum.ts';
import { openModel } from './read.ts';

/** Of the file alone where it has no external data: what `sha256sum` says. */
export async function digestOfModel(path: string): Promise<string> {
  const own = await sha256(path);
  const { externalFiles } = openModel(path);
  if (externalFiles.length === 0) return own;
  const hash = createHash('sha256').update(own);
  for (const file of externalFiles) hash.update(await sha256(file));
  return hash.digest('hex');
}
