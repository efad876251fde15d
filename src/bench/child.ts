/** Finds the scripts of child processes and says how they ended. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LlmcError } from '../errors.ts';

/** The compiled script `name` beside this file, or in dist when this file runs from source (tests); null where llmc is not built. */
export function childScript(name: string): string | null {
  const near = import.meta.url.endsWith('.ts') ? `../../dist/bench/${name}.js` : `./${name}.js`;
  const path = fileURLToPath(new URL(near, import.meta.url));
  return existsSync(path) ? path : null;
}

/** The same; LlmcError UNSUPPORTED where llmc is not built. */
export function requireChild(name: string): string {
  const path = childScript(name);
  if (path !== null) return path;
  throw new LlmcError('UNSUPPORTED', 'processes of their own cannot be started: llmc is not built', {
    hint: 'npm run build',
  });
}

/** Why a child ended that should not have. */
export function endOf(code: number | null, killedBy: NodeJS.Signals | null): string {
  if (killedBy === 'SIGKILL') return 'the process was killed, most likely for want of memory';
  return `the process ended with ${killedBy ?? `code ${code}`}`;
}

/** Milliseconds of a clock that all processes of the machine share, whatever the time of day does meanwhile. */
export function machineClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
