/** `llmc quantize`: exit codes, files, output; as a process where that matters, of what `npm test` built. */

import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Tensor } from '../../src/ir/tensor.ts';
import { reportSchema } from '../../src/report/schema.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { fragileModel } from '../support/fragile.ts';
import { parseModel } from '../support/parse.ts';
import { llmc as run } from './harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin', 'llmc.js');
const built = existsSync(join(ROOT, 'dist', 'cli', 'main.js'));

const folder = new Folder('quantize-process');

function llmc(...args: readonly string[]) {
  return run(args, { cwd: folder.path });
}

/** A fixture of its own for each test, so that default names do not meet. */
function copy(name: string): string {
  copyFileSync(join(FIXTURES, 'rnn-lstm.onnx'), folder.at(name));
  return name;
}

describe('llmc quantize', () => {
  it('writes beside the model by default, tells where, and exits with 0', async () => {
    const model = copy('one.onnx');
    const before = readFileSync(folder.at(model));
    const { code, stdout, stderr } = await llmc('quantize', model, '--scheme', 'int8-weights');
    expect([code, stderr]).toEqual([0, expect.stringContaining('wrote one.int8-weights.onnx\n')]);
    expect(stdout).toContain('int8-weights');
    expect(statSync(folder.at('one.int8-weights.onnx')).size).toBeLessThan(before.length / 2);
    expect(readFileSync(folder.at(model)).equals(before)).toBe(true);

    const again = await llmc('quantize', model, '--scheme', 'int8-weights');
    expect([again.code, again.stdout]).toEqual([2, '']);
    expect(again.stderr).toMatch(/^error FILE_EXISTS: .*one\.int8-weights\.onnx.*\nhint: .*--force/s);
    const forced = await llmc('quantize', model, '--scheme', 'int8-weights', '--force', '--check', 'none');
    expect(forced.code).toBe(0);

    const over = await llmc('quantize', model, '--scheme', 'int8-weights', '-o', model, '--force');
    expect([over.code, over.stderr]).toEqual([2, expect.stringMatching(/^error FILE_EXISTS: /)]);
    expect(readFileSync(folder.at(model)).equals(before)).toBe(true);
  });

  it('--json prints one document, the report; everything else goes to stderr', async () => {
    const { code, stdout } = await llmc(
      'quantize',
      copy('json.onnx'),
      '--scheme',
      'q8',
      '--target',
      'portable',
      '--json',
    );
    expect(code).toBe(0);
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ version: 1, command: 'quantize --scheme q8', data: { synthetic: true } });
    expect(report.models.map((model) => model.sizeBytes)).toEqual([
      statSync(folder.at('json.onnx')).size,
      statSync(folder.at('json.q8.onnx')).size,
    ]);
    expect(report.models[1]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(report.steps[0]?.changed.length).toBeGreaterThan(0);
    expect(report.steps[0]?.skipped.every((entry) => entry.reason.length > 0)).toBe(true);
  });

  it('--report writes files by their extension, --require decides the exit code after that, --quiet says nothing', async () => {
    const files = ['--report', 'r.json', '--report', 'r.md'];
    const met = ['--require', 'size <= 90KB', '--require', 'sqnr >= 10dB'];
    const base = ['--scheme', 'int8-weights', '--quiet'];
    const ok = await llmc('quantize', copy('report.onnx'), ...base, ...files, ...met);
    // Whether the result is slower depends on the machine; a warning about it is not silenced by --quiet.
    expect([ok.code, ok.stderr.replace(/^warning: the result is slower .*\n/gm, '')]).toEqual([0, '']);
    const report = reportSchema.parse(JSON.parse(readFileSync(folder.at('r.json'), 'utf8')));
    expect(report.requirements.map((each) => each.passed)).toEqual([true, true]);
    expect(readFileSync(folder.at('r.md'), 'utf8')).toMatch(/^# |^## |\| /m);

    const output = ['-o', 'unmet.onnx', '--report', 'unmet.json', '--require', 'sqnr >= 200dB'];
    const unmet = await llmc('quantize', 'report.onnx', ...base, ...output);
    expect(unmet.code).toBe(1);
    expect(unmet.stdout + unmet.stderr).toContain('sqnr >= 200dB');
    expect(folder.list()).toEqual(expect.arrayContaining(['unmet.json', 'unmet.onnx']));
  });

  it('a result that fell apart: exit code 1, no file; with --force a file and a warning', async () => {
    folder.save('fragile.onnx', fragileModel());
    const refused = await llmc('quantize', 'fragile.onnx', '--scheme', 'int8-weights');
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(
      /^error CHECK_FAILED: the result is refused: .*\nthe layers that lose most:\n {2}bad/,
    );
    expect(folder.list().filter((name) => name.includes('fragile'))).toEqual(['fragile.onnx']);
    const forced = await llmc('quantize', 'fragile.onnx', '--scheme', 'int8-weights', '--force');
    expect([forced.code, forced.stderr]).toEqual([
      0,
      expect.stringContaining('warning: kept because of --force'),
    ]);
    expect(folder.list()).toContain('fragile.int8-weights.onnx');
  });

  it.for([
    [
      'a scheme that is nearly one',
      ['--scheme', 'int8-weight'],
      /^error USAGE: there is no scheme "int8-weight"\nhint: did you mean int8-weights\?/,
    ],
    [
      'int8 without data',
      ['--scheme', 'int8'],
      /^error USAGE: int8 needs data .*\nhint: .*--data.*int8-dynamic/,
    ],
    [
      '3 bits',
      ['--scheme', 'int4', '--bits', '3'],
      /^error UNSUPPORTED: .*3-bit.*\nhint: use --bits 2 or --bits 4/,
    ],
    [
      'a selector without effect',
      ['--scheme', 'int4', '--exclude', 'Cnov'],
      /^error SELECTOR: the pattern 'Cnov' matches no node\nhint: /,
    ],
    [
      'options that exclude each other',
      ['--scheme', 'fp16', '--parity', 'ort'],
      /^error USAGE: --parity ort has no counterpart for fp16\nhint: /,
    ],
    ['a requirement that is none', ['--scheme', 'int4', '--require', 'beauty three'], /^error REQUIREMENT: /],
    [
      'data that is missing',
      ['--scheme', 'int8-weights', '--data', 'no.npz'],
      /^error FILE_NOT_FOUND: .*no\.npz/,
    ],
  ] as const)('%s: exit code 2, one message, a hint, no file', async ([title, args, message]) => {
    const model = copy(`wrong-${title.replaceAll(' ', '-')}.onnx`);
    const before = folder.list();
    const { code, stdout, stderr } = await llmc('quantize', model, ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(folder.list()).toEqual(before);
  });

  it.for([
    ['missing.onnx', null, /^error FILE_NOT_FOUND: .*missing\.onnx/],
    ['text.onnx', 'this is no model', /^error MODEL_UNREADABLE: /],
    ['empty.onnx', '', /^error MODEL_UNREADABLE: /],
  ] as const)('%s: exit code 2', async ([name, content, message]) => {
    if (content !== null) writeFileSync(folder.at(name), content);
    const { code, stderr } = await llmc('quantize', name, '--scheme', 'int4');
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  // `npm test` builds first; without a build there is nothing to run.
  it.skipIf(!built)('as a process: the same, told by its exit code', () => {
    const model = copy('process.onnx');
    const argv = [BIN, 'quantize', model, '--scheme', 'int8-weights'];
    const first = spawnSync(process.execPath, argv, { encoding: 'utf8', cwd: folder.path });
    expect([first.status, first.stderr]).toEqual([
      0,
      expect.stringContaining('wrote process.int8-weights.onnx\n'),
    ]);
    expect(first.stdout).toContain('int8-weights');
    const again = spawnSync(process.execPath, argv, { encoding: 'utf8', cwd: folder.path });
    expect([again.status, again.stdout]).toEqual([2, '']);
    expect(again.stderr).toMatch(/^error FILE_EXISTS: /);
  });

  it.skipIf(!built)('Ctrl-C: exit code 130, soon, and nothing is left behind', async () => {
    const lines = Array.from({ length: 24 }, (_, i) => `h${i + 1} = MatMul(h${i}, w${i})`);
    const weights = Array.from({ length: 24 }, (_, i) => `float[512,512] w${i} = {0}`);
    const model = parseModel(`g (float[N,512] h0) => (float[N,512] h24) <${weights}> { ${lines.join(' ')} }`);
    // Half-quadratic rounding of 24 matrices takes seconds; the matrices need not be different, but not equal either.
    for (const [index, value] of [...model.graph.initializers].entries()) {
      const values = Float32Array.from({ length: 512 * 512 }, (_, i) => Math.sin(i * 12.9898 + index));
      value.tensor = Tensor.of('float32', [512, 512], values);
    }
    folder.save('slow.onnx', model);
    const before = folder.list();
    const args = [BIN, 'quantize', 'slow.onnx', '--scheme', 'int4', '--rounding', 'hqq', '--check', 'none'];
    const child = spawn(process.execPath, args, { cwd: folder.path });
    const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
    // The temporary file of the result shows that it is in the middle of it.
    const started = performance.now();
    while (folder.list().length === before.length && performance.now() - started < 20_000)
      await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(folder.list()).toEqual(before);
  });
});

it.skipIf(built)('needs the build that `npm test` makes: npm run build', ({ skip }) =>
  skip('dist is missing'),
);
