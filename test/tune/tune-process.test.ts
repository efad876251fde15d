/** `llmc tune` and `llmc run`: budgets met and unmet, the recipe of the winner, requests nobody can meet, SIGINT; as processes. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { reportSchema } from '../../src/report/schema.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const built = existsSync(join(ROOT, 'dist', 'cli', 'main.js'));
const folder = new Folder('tune-process');
const cache = new Folder('tune-cache');
const MODEL = join(FIXTURES, 'rnn-gru.onnx');
const DATA = [
  ...['--data', `${join(FIXTURE_DATA, 'rnn-calibration.npz')}?limit=48`],
  ...['--eval', `${join(FIXTURE_DATA, 'rnn-eval.npz')}?limit=64`],
];
const FEW = ['--trials', '2', '--time', '20s', '--jobs', '1', '--threads', '1', '--no-prune'];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param stopMs when SIGINT is sent */
function llmc(args: readonly string[], stopMs?: number): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'llmc.js'), ...args], {
    cwd: folder.path,
    env: { ...process.env, LLMC_CACHE: cache.path, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  const heard = { stdout: '', stderr: '' };
  const timer = stopMs === undefined ? undefined : setTimeout(() => child.kill('SIGINT'), stopMs);
  child.stdout.on('data', (text) => {
    heard.stdout += text;
  });
  child.stderr.on('data', (text) => {
    heard.stderr += text;
  });
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...heard });
    }),
  );
}

beforeEach(() => mkdirSync(folder.path, { recursive: true }));
afterAll(() => expect(readdirSync(folder.path)).not.toContain('nothing.onnx'));

describe.skipIf(!built)('llmc tune', () => {
  it('writes a winner that can be made again, with its recipe, and tells what it tried', async () => {
    const made = await llmc([
      'tune',
      MODEL,
      ...DATA,
      ...FEW,
      '--goal',
      'size',
      '--max-drop',
      '2%',
      '-o',
      'a.onnx',
      '--json',
    ]);
    expect(made.code).toBe(0);
    const { search, models } = reportSchema.parse(JSON.parse(made.stdout));
    expect(search?.met).toBe(true);
    expect(search?.trials.filter(({ chosen }) => chosen)).toHaveLength(1);
    expect(search?.rows).toEqual({ chosenOn: 32, confirmedOn: 32 });
    expect(models[0]?.name).toBe('rnn-gru.onnx');
    const recipe = readFileSync(folder.at('a.recipe.yaml'), 'utf8');
    expect(recipe).toContain('quantize: { scheme: ');
    const places = [FIXTURES, FIXTURE_DATA].flatMap((place) => ['--in', place]);
    const again = await llmc(['reproduce', 'a.onnx', ...places]);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('the same bytes')]);
    // What is there stays unless it is said otherwise.
    const twice = await llmc(['tune', MODEL, ...DATA, ...FEW, '-o', 'a.onnx']);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringMatching(/^error FILE_EXISTS: /)]);
  });

  it('keeps what came closest to a budget that nothing meets, exits with 1 and says what would be met', async () => {
    const { code, stdout, stderr } = await llmc([
      'tune',
      MODEL,
      ...DATA,
      ...FEW,
      '--min-speedup',
      '50',
      '-o',
      'c.onnx',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('the budget is not met: c.onnx is what came closest');
    expect(stdout).toMatch(/suggested: what came closest would hold --min-speedup/);
    expect(existsSync(folder.at('c.onnx'))).toBe(true);
    expect(existsSync(folder.at('c.recipe.yaml'))).toBe(true);
  });

  it.each([
    ['no data', [], /tune judges by real rows/],
    ['data that is not there', ['--data', 'none.npz'], /none\.npz/],
    ['a budget below a bit for every weight', [...DATA, '--max-size', '1KB'], /no scheme gets there/],
    ['a drop that means nothing', [...DATA, '--max-drop', '150%'], /max-drop/],
    ['a metric that there is not', [...DATA, '--metric', 'acuracy'], /there is no metric 'acuracy'/],
    ['a folder that is not there', [...DATA, '-o', 'no/where.onnx'], /the folder does not exist/],
  ])('%s: exit code 2 with a hint, nothing written', async (_, args, message) => {
    const before = readdirSync(folder.path);
    const { code, stdout, stderr } = await llmc(['tune', MODEL, '-o', 'nothing.onnx', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error \w+: .*\nhint: /s);
    expect(readdirSync(folder.path)).toEqual(before);
  });

  it('SIGINT ends it and the processes it has begun, with 130 and nothing written', async () => {
    const before = readdirSync(folder.path);
    const args = [
      'tune',
      MODEL,
      ...DATA,
      '--trials',
      '12',
      '--jobs',
      '2',
      '-o',
      'nothing.onnx',
      '--no-cache',
    ];
    const { code, stderr } = await llmc(args, 2500);
    expect([code, stderr]).toEqual([130, expect.stringContaining('INTERRUPTED')]);
    expect(readdirSync(folder.path)).toEqual(before);
  });
});
