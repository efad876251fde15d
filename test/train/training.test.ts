/** Trainings as wholes: interrupted, resumed, refused, looked at. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type DistillJob, distillFile } from '../../src/distill/distill.ts';
import { floatsOf } from '../../src/ir/floats.ts';
import { openModel } from '../../src/onnx/read.ts';
import { silentContext } from '../../src/step.ts';
import { LEARN_DEFAULTS } from '../../src/train/options.ts';
import { llmc } from '../cli/harness.ts';

const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'llmc-test-'));
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/training/${name}`, import.meta.url));
const [MLP, CNN, TRANSFORMER] = ['mlp', 'cnn', 'transformer'].map((name) => fixture(`${name}.onnx`)) as [
  string,
  string,
  string,
];

/** `llmc distill` of a copy of a model, quick and quiet. */
async function distill(teacher: string, output: string, ...more: string[]) {
  const data = ['--data', teacher.replace(/onnx$/, 'npz')];
  const student = more.includes('--student') ? [] : ['--student-from', 'copy'];
  return llmc([
    'distill',
    teacher,
    ...student,
    ...data,
    '--batch',
    '16',
    '-o',
    output,
    '--threads',
    '1',
    ...more,
  ]);
}

function weightsOf(path: string): Map<string, number[]> {
  const { model } = openModel(path);
  return new Map(
    [...model.graph.initializers].flatMap(({ name, tensor }) =>
      tensor?.dtype === 'float32' ? [[name, Array.from(floatsOf(tensor))]] : [],
    ),
  );
}

describe('llmc distill', () => {
  it('gives the same bits again, and after an interruption', async () => {
    const folder = temporaryFolder();
    const [whole, parts] = [join(folder, 'whole.onnx'), join(folder, 'parts.onnx')];
    const job = (output: string, checkpoint: string | null): DistillJob => ({
      teachers: [CNN],
      student: null,
      studentFrom: 'copy',
      output,
      options: {
        ...LEARN_DEFAULTS,
        data: fixture('cnn.npz'),
        batch: 16,
        steps: 30,
        rate: 0.01,
        ema: 0.9,
        evaluation: fixture('cnn.npz'),
        checkpoint,
        resume: checkpoint !== null,
      },
      check: 'none',
      layout: {},
      force: false,
      checksum: false,
    });
    const threads = { threads: 1 };
    await distillFile(job(whole, null), silentContext(threads));
    // Ends in the middle of the second epoch, as Ctrl-C does.
    const controller = new AbortController();
    let ticks = 0;
    const tick = () => void (++ticks === 18 && controller.abort());
    const progress = () => ({ tick, done: () => {} });
    const stopped = distillFile(
      job(parts, join(folder, 'work')),
      silentContext({ ...threads, signal: controller.signal, progress }),
    );
    await expect(stopped).rejects.toThrow();
    expect(existsSync(parts)).toBe(false);
    const notes: string[] = [];
    await distillFile(
      job(parts, join(folder, 'work')),
      silentContext({ ...threads, note: (text) => notes.push(text) }),
    );
    expect(notes).toContain('going on after step 17');
    expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true);
    expect(weightsOf(whole)).not.toEqual(weightsOf(CNN));
  });

  it('learns: the loss falls, and the report has its curve', async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await distill(
      MLP,
      join(folder, 'out.onnx'),
      '--steps',
      '40',
      '--alpha',
      '0',
      '--lr',
      '0.01',
      '--json',
      '--eval',
      fixture('mlp.npz'),
    );
    const [step] = JSON.parse(stdout).steps;
    expect([code, step.curve.length]).toEqual([0, 40]);
    expect(step.curve[39].loss).toBeLessThan(0.8 * step.curve[0].loss);
    expect(step.evaluations.length).toBeGreaterThan(2);
    expect(step.evaluations[0]).toEqual({ step: 12, metric: 'accuracy', value: expect.any(Number) });
  });

  it('trains what takes whole numbers, in accumulated batches, with everything switched on', async () => {
    const folder = temporaryFolder();
    const graph = join(folder, 'step.onnx');
    const { code, stderr } = await distill(
      TRANSFORMER,
      join(folder, 'out.onnx'),
      ...[
        '--steps',
        '3',
        '--accumulate',
        '2',
        '--clip-grad',
        '1',
        '--label-smoothing',
        '0.1',
        '--warmup',
        '2',
      ],
      ...['--schedule', 'one-cycle', '--optimizer', 'lamb', '--undecayed', '*bias*', '--save-graph', graph],
    );
    expect(stderr).not.toMatch(/error/);
    expect(code).toBe(0);
    expect(openModel(graph).model.graph.nodeCount).toBeGreaterThan(100);
  });

  it('leaves what is frozen, and takes hints', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out.onnx');
    const hidden = '/layers/layers.0/Gemm_output_0';
    const { code, stdout } = await distill(
      MLP,
      out,
      '--steps',
      '2',
      '--freeze',
      'layers.0.*',
      '--hint',
      `${hidden}:${hidden}=0.5`,
      '--loss',
      'mse',
      '--json',
    );
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout).steps[0].curve[0].terms)).toEqual([
      `hint ${hidden}:${hidden}`,
      'mse',
    ]);
    const [before, after] = [weightsOf(MLP), weightsOf(out)];
    expect(after.get('layers.0.weight')).toEqual(before.get('layers.0.weight'));
    expect(after.get('layers.2.weight')).not.toEqual(before.get('layers.2.weight'));
  });

  const refusals: readonly [string, readonly string[], RegExp][] = [
    ['classes that differ', ['--student', fixture('cnn.onnx')], /error DATA: .*(image|features)/],
    ['a glob without a match', ['--student-from', 'copy', '--freeze', 'nobody*'], /error SELECTOR: .*nobody/],
    ['no step', ['--student-from', 'copy', '--lr', '0'], /error USAGE: .*--lr/],
    ['a batch larger than the data', ['--student-from', 'copy', '--batch', '5000'], /error DATA: .*rows/],
    ['a student of nothing', [], /error USAGE: what is to be trained/],
    ['layers there are not', ['--student-from', 'layers:half'], /error USAGE: .*no layers that repeat/],
    ['a kind of student there is not', ['--student-from', 'magic'], /error USAGE: .*magic/],
    ['an unknown loss', ['--student-from', 'copy', '--loss', 'luck'], /error USAGE: .*luck/],
    ['resuming nothing', ['--student-from', 'copy', '--resume'], /error USAGE: .*--resume/],
    [
      'a rate that diverges',
      ['--student-from', 'copy', '--optimizer', 'sgd', '--lr', '1e30'],
      /error DIVERGED: .*step \d+.*(first in|weight)/,
    ],
  ];
  for (const [what, options, message] of refusals)
    it(`refuses ${what}`, async () => {
      const output = join(temporaryFolder(), 'out.onnx');
      const given = ['--data', fixture('mlp.npz'), '--batch', '16', '--epochs', '2', '-o', output];
      const { code, stderr } = await llmc([
        'distill',
        MLP,
        ...given.filter((_, at) => !(options.includes('--batch') && (at === 2 || at === 3))),
        ...options,
      ]);
      expect([code, existsSync(output)]).toEqual([2, false]);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/hint: /);
    });

  it('refuses labels that are not there', async () => {
    const output = join(temporaryFolder(), 'out.onnx');
    const { code, stderr } = await llmc([
      'distill',
      MLP,
      '--student-from',
      'copy',
      '--alpha',
      '0',
      '--data',
      `${fixture('mlp.npz')}?labels=none`,
      '-o',
      output,
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/labels|none/);
  });
});
