/** The compiled code, for tests that need processes of their own; `npm test` has built it already. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect } from 'vitest';

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Call at the top of a test file: builds what is stale. */
export function useBuilt(): void {
  beforeAll(() => {
    const built = spawnSync(process.execPath, [join(ROOT, 'scripts', 'setup.mjs')], { encoding: 'utf8' });
    expect(built.status, built.stderr).toBe(0);
  }, 180_000);
}
