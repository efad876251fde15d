import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from './folder.ts';
import { BOMBS } from './hostile-files.ts';

const folder = useFolder();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const FILE_BYTES = 2 << 20;
/** A hundred times the file and what a process needs anyway; beyond it V8 ends the process. */
const HEAP_MB = 64 + (100 * FILE_BYTES) / 2 ** 20;
const LONGEST_MS = 5000;

/** Opens each file and prints how it went, one line of JSON each. */
const OPENER = `
  const { openModel } = await import(process.argv[1]);
  for (const path of process.argv.slice(2)) {
    const start = performance.now();
    let outcome = 'read';
    try {
      openModel(path);
    } catch (error) {
      outcome = error.name === 'LlmcError' ? error.code : String(error.stack);
    }
    console.log(JSON.stringify({ outcome, ms: performance.now() - start }));
  }
`;

describe('a message bomb', () => {
  beforeAll(() => {
    // The compiled code, because a heap limit needs a process of its own.
    const built = spawnSync(process.execPath, [join(ROOT, 'scripts', 'setup.mjs')], { encoding: 'utf8' });
    expect(built.status, built.stderr).toBe(0);
  });

  it('is read or refused in time within a hundred times its size', () => {
    const names = Object.keys(BOMBS);
    const paths = names.map((name, index) => {
      const path = folder.at(`${index}.onnx`);
      writeFileSync(path, BOMBS[name]?.(FILE_BYTES) ?? '');
      return path;
    });
    const reader = pathToFileURL(join(ROOT, 'dist', 'onnx', 'read.js')).href;
    const argv = [`--max-old-space-size=${HEAP_MB}`, '--input-type=module', '-e', OPENER, reader, ...paths];
    const child = spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 120_000 });
    const lines = child.stdout.trimEnd().split('\n');
    const results = lines.map((line, index) => ({ name: names[index], ...JSON.parse(line) }));
    // A process that ran out of memory stops at the file that did it.
    expect(results.map(({ name }) => name)).toEqual(names);
    for (const { name, outcome, ms } of results) {
      expect([name, outcome]).toEqual([name, expect.stringMatching(/^(read|MODEL_\w+)$/)]);
      expect([name, ms < LONGEST_MS]).toEqual([name, true]);
    }
    expect(child.status).toBe(0);
  });
});
