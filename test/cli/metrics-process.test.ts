/** `llmc bench --metric` as a process: scores in the report, requirements about them, what is refused. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin', 'llmc.js');

function bench(data: string, ...more: string[]) {
  const fixed = ['--runs', '1', '--no-memory', '--no-gzip', '--json', '--threads', '1'];
  const model = 'fixtures/models/fashion-cnn.onnx';
  return spawnSync(process.execPath, [BIN, 'bench', model, '--data', data, ...fixed, ...more], {
    encoding: 'utf8',
    cwd: ROOT,
  });
}

describe.skipIf(!existsSync(join(ROOT, 'dist', 'cli', 'main.js')))('llmc bench --metric', () => {
  const data = 'fixtures/data/fashion-eval.npz?limit=64';

  it('scores what is asked for, and only that; requirements judge it', () => {
    const { status, stdout } = bench(data, '--metric', 'f1', '--metric', 'top5', '--require', 'f1 >= 0.5');
    const report = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(Object.keys(report.models[0].metrics).sort()).toEqual(['f1', 'top5']);
    expect(report.requirements).toMatchObject([{ passed: true }]);
    expect(bench(data, '--metric', 'f1', '--require', 'f1 >= 2').status).toBe(1);
  });

  it.each([
    [data, ['--metric', 'f3'], /there is no metric 'f3'/],
    [data, ['--metric', 'mse'], /no output suits the labels for mse/],
    ['synthetic', ['--metric', 'f1'], /has no labels, which metrics need/],
  ])('refuses %s %j', (given, options, message) => {
    const { status, stdout } = bench(given, ...options);
    expect(status).toBe(2);
    expect(stdout).toMatch(message);
  });
});
