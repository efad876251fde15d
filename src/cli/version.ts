/** The version of llmc, from package.json. */
import { readFileSync } from 'node:fs';

/** Read when asked, so that start-up pays for it only where it is shown. */
export function toolVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
