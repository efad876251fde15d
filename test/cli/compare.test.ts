/** `llmc compare`: what it prints, its report, its exit codes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/onnx/read.ts';
import { reportSchema } from '../../src/report/schema.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { quantize } from '../support/quantized.ts';
import { llmc as run } from './harness.ts';

const folder = new Folder('compare');
const CNN = join(FIXTURES, 'fashion-cnn.onnx');
const LSTM = join(FIXTURES, 'rnn-lstm.onnx');

function llmc(...args: readonly string[]) {
  return run(args, { cwd: folder.path });
}

describe('llmc compare', async () => {
  const { model } = await quantize(openModel(CNN).model, 'int8-dynamic');
  const small = folder.save('small.onnx', model);

  it('lists the worst layers and ends with 0', async () => {
    const { code, stdout } = await llmc('compare', CNN, small, '--top', '3', '--samples', '4');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^small\.onnx layer by layer: signal to noise/m);
    expect(stdout).toMatch(/^layer +in +out +lost +cosine +max error$/m);
    expect(stdout.match(/\(Conv\).*dB.*changed$/gm)?.length).toBeGreaterThan(0);
    expect(stdout).toMatch(/^and \d+ more; --top N or --verbose shows them$/m);
    expect(stdout).toMatch(/SQNR +- +\d/);
  });

  it('--json prints one report with all layers, worst first, and --sort puts them in order', async () => {
    const data = join(FIXTURE_DATA, 'fashion-eval.npz');
    const report = async (...more: string[]) => {
      const { code, stdout } = await llmc(
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
      expect(code).toBe(0);
      return reportSchema.parse(JSON.parse(stdout));
    };
    const short = await report('--top', '2');
    const { layers = [] } = short;
    expect(layers.length).toBeGreaterThan(30);
    expect(short.data).toEqual({ source: 'fashion-eval.npz', rows: 4, synthetic: false });
    expect(short.models.map(({ name }) => name)).toEqual(['fashion-cnn.onnx', 'small.onnx']);
    const added = layers.map(({ addedNoise }) => addedNoise);
    expect(added).toEqual([...added].sort((a, b) => b - a));
    // The last layer is the output: both ways of running must agree about it.
    const last = layers.find(({ order }) => order === layers.length - 1);
    expect(last?.sqnrDb).toBeCloseTo(short.models[1]?.fidelity?.sqnrDb ?? 0, 0);
    expect((await report('--sort', 'order')).layers?.map(({ order }) => order)).toEqual([...layers.keys()]);
    const ratios = (await report('--sort', 'sqnr')).layers?.map(({ sqnrDb }) => sqnrDb ?? 999) ?? [];
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
  });

  it('finds no difference between a model and itself, and says so in Markdown too', async () => {
    const { code, stdout } = await llmc('compare', LSTM, LSTM, '--samples', '2', '--report', 'same.md');
    expect(code).toBe(0);
    expect(stdout).toContain('every value that both models compute is the same');
    expect(stdout).not.toContain('suggested');
    expect(readFileSync(folder.at('same.md'), 'utf8')).toContain(
      'every value that both models compute is the same',
    );
  });

  it('writes the layers as a Markdown table', async () => {
    const { code } = await llmc('compare', CNN, small, '--samples', '2', '--report', 'layers.md', '--quiet');
    expect(code).toBe(0);
    const text = readFileSync(folder.at('layers.md'), 'utf8');
    expect(text).toMatch(/^\| layer \| in \| out \| lost \| cosine \| max error \|/m);
    expect(text.match(/^\| `[^`]*\(Conv\)`/gm)?.length).toBeGreaterThan(5);
  });

  it('ends with 1 when a requirement about the outputs fails', async () => {
    const { code, stdout } = await llmc('compare', CNN, small, '--samples', '2', '--require', 'sqnr >= 90dB');
    expect(code).toBe(1);
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
  ] as const)('ends with 2 and one message for %s', async ([, args, message]) => {
    writeFileSync(folder.at('noise.onnx'), 'no model at all');
    const { code, stdout, stderr } = await llmc('compare', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^hint: /m);
  });
});
