import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROOT, useBuilt } from './built.ts';
import { useFolder } from './folder.ts';
import { BOMBS, HOSTILE } from './hostile-files.ts';

useBuilt();
const folder = useFolder();

const FILE_BYTES = 1 << 20;
/** A hundred times the file and what any file may take; beyond it V8 ends the process. */
const HEAP_MB = 256 + (100 * FILE_BYTES) / 2 ** 20;
/** Of processor time: how busy the machine is does not count. */
const LONGEST_MS = 5000;

/** Opens each file and prints how it went, one line of JSON each. */
const OPENER = `
  const { openModel } = await import(process.argv[1]);
  for (const path of process.argv.slice(2)) {
    const start = process.cpuUsage();
    let outcome = 'read';
    try {
      openModel(path);
    } catch (error) {
      outcome = error.name === 'LlmcError' ? error.code : String(error.stack);
    }
    const { user, system } = process.cpuUsage(start);
    console.log(JSON.stringify({ outcome, ms: (user + system) / 1000 }));
  }
`;

describe('a message bomb', () => {
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
    expect(child.stdout, child.stderr).not.toBe('');
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

describe('the command line as a process', () => {
  const attempts: readonly (readonly [string, ...string[]])[] = [
    ['bodies nested 10,000 deep', 'inspect'],
    ['types nested 10,000 deep', 'convert', '-o', 'out.onnx'],
    ['random bytes, large', 'quantize', '-o', 'out.onnx'],
    ['dims of 2^40 over a few bytes', 'quantize', '--scheme', 'int4', '-o', 'out.onnx'],
    ['a text', 'bench'],
  ];
  it.for(attempts)('ends with 2 and a hint for %s (%s)', ([name, command, ...options]) => {
    writeFileSync(folder.at('model.onnx'), HOSTILE[name]?.() ?? '');
    const argv = [join(ROOT, 'bin', 'llmc.js'), command ?? '', 'model.onnx', ...options];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
      cwd: folder.path,
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error [A-Z_]+: .*\nhint: .*\n$/);
    expect(folder.list()).toEqual(['model.onnx']);
  });
});
