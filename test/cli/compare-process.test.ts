/** `llmc compare` as a process: what it prints, its report, its exit codes. Runs what `npm test` built. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/onnx/read.ts';
import { reportSchema } from '../../src/report/schema.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { quantize } from '../support/quantized.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin', 'llmc.js');
const built = existsSync(join(ROOT, 'dist', 'cli', 'commands', 'compare.js'));
const folder = new Folder('compare-process');
const CNN = join(FIXTURES, 'fashion-cnn.onnx');
const LSTM = join(FIXTURES, 'rnn-lstm.onnx');

function llmc(...args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', cwd: folder.path, env });
}

// `npm test` builds first; without a build there is nothing to run.
describe.skipIf(!built)('llmc compare', async () => {
  const { model } = await quantize(openModel(CNN).model, 'int8-dynamic');
  const small = folder.save('small.onnx', model);

  it('lists the worst layers and ends with 0', () => {
    const { status, stdout } = llmc('compare', CNN, small, '--top', '3', '--samples', '4');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^small\.onnx layer by layer: signal to noise/m);
    expect(stdout).toMatch(/^layer +in +out +lost +cosine +max error$/m);
    expect(stdout.match(/\(Conv\).*dB.*changed$/gm)?.length).toBeGreaterThan(0);
    expect(stdout).toMatch(/^and \d+ more; --top N or --verbose shows them$/m);
    expect(stdout).toMatch(/SQNR +- +\d/);
  });

  it('--json prints one report with all layers, worst first, and --sort puts them in order', () => {
    const data = join(FIXTURE_DATA, 'fashion-eval.npz');
    const run = (...more: string[]) => {
      const { status, stdout } = llmc(
        'compare',
        CNN,
        small,
        '--data',
        data,
        '--samples',
        '4',
        '--json',
        ...more,
      );
      expect(status).toBe(0);
      return reportSchema.parse(JSON.parse(stdout));
    };
    const report = run('--top', '2');
    const { layers = [] } = report;
    expect(layers.length).toBeGreaterThan(30);
    expect(report.data).toEqual({ source: 'fashion-eval.npz', rows: 4, synthetic: false });
    expect(report.models.map(({ name }) => name)).toEqual(['fashion-cnn.onnx', 'small.onnx']);
    const added = layers.map(({ addedNoise }) => addedNoise);
    expect(added).toEqual([...added].sort((a, b) => b - a));
    // The last layer is the output: both ways of running must agree about it.
    const last = layers.find(({ order }) => order === layers.length - 1);
    expect(last?.sqnrDb).toBeCloseTo(report.models[1]?.fidelity?.sqnrDb ?? 0, 0);
    expect(run('--sort', 'order').layers?.map(({ order }) => order)).toEqual([...layers.keys()]);
    const ratios = run('--sort', 'sqnr').layers?.map(({ sqnrDb }) => sqnrDb ?? 999) ?? [];
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
  });

  it('finds no difference between a model and itself, and says so in Markdown too', () => {
    const { status, stdout } = llmc('compare', LSTM, LSTM, '--samples', '2', '--report', 'same.md');
    expect(status).toBe(0);
    expect(stdout).toContain('every value that both models compute is the same');
    expect(stdout).not.toContain('suggested');
    expect(readFileSync(folder.at('same.md'), 'utf8')).toContain(
      'every value that both models compute is the same',
    );
  });

  it('writes the layers as a Markdown table', () => {
    expect(llmc('compare', CNN, small, '--samples', '2', '--report', 'layers.md', '--quiet').status).toBe(0);
    const text = readFileSync(folder.at('layers.md'), 'utf8');
    expect(text).toMatch(/^\| layer \| in \| out \| lost \| cosine \| max error \|/m);
    expect(text.match(/^\| `[^`]*\(Conv\)`/gm)?.length).toBeGreaterThan(5);
  });

  it('ends with 1 when a requirement about the outputs fails', () => {
    const { status, stdout } = llmc('compare', CNN, small, '--samples', '2', '--require', 'sqnr >= 90dB');
    expect(status).toBe(1);
    expect(stdout).toContain('sqnr >= 90dB');
  });

  it.for([
    ['different interfaces', [CNN, LSTM], /^error DATA: the models take different inputs: /],
    ['a missing file', [CNN, 'nothing.onnx'], /^error FILE_NOT_FOUND: .*nothing\.onnx/],
    ['no model', ['noise.onnx', CNN], /^error MODEL_UNREADABLE: .*noise\.onnx/],
    ['one model', [CNN], /^error USAGE: /],
    [
      'data of another model',
      [CNN, CNN, '--data', join(FIXTURE_DATA, 'text-eval.npz')],
      /^error DATA: .*"image"/,
    ],
    ['no samples', [CNN, CNN, '--samples', '0'], /^error USAGE: /],
    ['a requirement nobody measures', [CNN, CNN, '--require', 'p50 < 3ms'], /^error REQUIREMENT: .*"p50"/],
  ] as const)('ends with 2 and one message for %s', ([, args, message]) => {
    writeFileSync(folder.at('noise.onnx'), 'no model at all');
    const { status, stdout, stderr } = llmc('compare', ...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^hint: /m);
  });
});
