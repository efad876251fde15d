/** The version of llmc, from package.json. */
import { readFileSync } from 'node:fs';

/** Read when asked, so that start-up pays for it only where it is shown. */
export function toolVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

/** llmc as reports name it. */
export function tool(): { readonly name: 'llmc'; readonly version: string } {
  return { name: 'llmc', version: toolVersion() };
}
