import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, useBuilt } from './built.ts';

useBuilt();

function node(...argv: readonly string[]) {
  return spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 180_000 });
}

describe('damaged model files', () => {
  it('are converted, quantized or refused: no crash, no hang, nothing left behind', () => {
    const { status, stdout, stderr } = node(
      join(ROOT, 'test', 'benchmark', 'fuzz.mjs'),
      ...['--count', '300', '--bundled', '--jobs', '1'],
    );
    expect(stdout + stderr).toContain('300 damaged files, 0 problems');
    expect(status).toBe(0);
    // Not everything may be refused, or nothing behind the decoder was reached.
    expect(Number(/done: (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(100);
  }, 200_000);
});
