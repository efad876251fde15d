/** `llmc bench --metric` on the command line: scores in the report, requirements about them, what is refused. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { llmc } from './harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function bench(data: string, ...more: string[]) {
  const fixed = ['--runs', '1', '--no-memory', '--no-gzip', '--json', '--threads', '1'];
  const model = 'fixtures/models/fashion-cnn.onnx';
  return llmc(['bench', model, '--data', data, ...fixed, ...more], { cwd: ROOT });
}

describe('llmc bench --metric', () => {
  const data = 'fixtures/data/fashion-eval.npz?limit=64';

  it('scores what is asked for, and only that; requirements judge it', async () => {
    const { code, stdout } = await bench(
      data,
      '--metric',
      'f1',
      '--metric',
      'top5',
      '--require',
      'f1 >= 0.5',
    );
    const report = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(Object.keys(report.models[0].metrics).sort()).toEqual(['f1', 'top5']);
    expect(report.requirements).toMatchObject([{ passed: true }]);
    expect((await bench(data, '--metric', 'f1', '--require', 'f1 >= 0.999')).code).toBe(1);
  });

  it.each([
    [data, ['--metric', 'f3'], /there is no metric 'f3'/],
    [data, ['--metric', 'mse'], /no output suits the labels for mse/],
    ['synthetic', ['--metric', 'f1'], /has no labels, which metrics need/],
  ])('refuses %s %j', async (given, options, message) => {
    const { code, stdout } = await bench(given, ...options);
    expect(code).toBe(2);
    expect(stdout).toMatch(message);
  });
});
