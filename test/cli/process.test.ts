import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES } from '../support/fixtures.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';

/** Commands that behave badly, run by the real process wrapper. */
const DRIVER = `
import { runProcess } from './dist/cli/process.js';
import { defineCommand } from './dist/cli/command.js';
import { onInterrupt } from './dist/cleanup.js';
import { writeFileSync, rmSync } from 'node:fs';

const file = process.env.LITTER;
const litter = () => { writeFileSync(file, 'half'); onInterrupt(() => rmSync(file)); console.log('ready'); };
const tick = () => new Promise((resolve) => setTimeout(resolve, 20));
const behaviours = {
  polite: async (_, io) => { litter(); for (;;) { await tick(); io.context.signal.throwIfAborted(); } },
  deaf: async () => { litter(); for (;;) await tick(); },
  lost: () => new Promise(() => {}),
  crash: async () => { litter(); setTimeout(() => { throw new Error('from a callback'); }, 5); for (;;) await tick(); },
  quitter: async () => { process.exit(0); },
  brief: async (_, io) => { io.stdout('one line\\n'); return 0; },
  chatty: async (_, io) => { for (let i = 0; i < 20000; i++) io.stdout('line '.repeat(20) + i + '\\n'); return 0; },
};
const table = Object.entries(behaviours).map(([name, run]) => defineCommand(
  { name, summary: name, operands: {}, options: {}, examples: [], reports: false }, async () => ({ run })));
await runProcess(table);
`;

beforeAll(() => {
  // Inside node_modules, so that the compiled code finds its packages.
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(join(cache), { recursive: true });
  folder = mkdtempSync(join(cache, 'llmc-process-'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [
    tsc,
    '-p',
    join(root, 'tsconfig.json'),
    '--outDir',
    join(folder, 'dist'),
    '--declaration',
    'false',
  ];
  // Types are the business of another check; here only what is emitted counts.
  spawnSync(process.execPath, args);
  mkdirSync(join(folder, 'bin'));
  copyFileSync(join(root, 'bin', 'llmc.js'), join(folder, 'bin', 'llmc.js'));
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  writeFileSync(join(folder, 'driver.mjs'), DRIVER);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function llmc(argv: readonly string[]) {
  return spawnSync(process.execPath, [join(folder, 'bin', 'llmc.js'), ...argv], { encoding: 'utf8' });
}

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  readonly litter: boolean;
}

/** Starts a badly behaved command and sends it signals once it is ready. */
function drive(name: string, signals: readonly NodeJS.Signals[]): Promise<Ended> {
  const litter = join(folder, `${name}-${signals.join('-')}.tmp`);
  const child = spawn(process.execPath, [join(folder, 'driver.mjs'), name], {
    env: { ...process.env, LITTER: litter },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdout.once('data', () => {
    signals.forEach((signal, index) => void setTimeout(() => child.kill(signal), 150 * index));
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stderr, litter: existsSync(litter) }));
  });
}

describe('the real process', () => {
  it('prints help with 0 and a mistake with 2', () => {
    const help = llmc(['--help']);
    expect([help.status, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('Usage: llmc');
    const mistake = llmc(['nothing-like-it']);
    expect([mistake.status, mistake.stdout]).toEqual([2, '']);
    expect(mistake.stderr).toMatch(/^error USAGE: /);
  });

  it('compares models, and ends with 1 when they drifted too far', () => {
    const [gru, lstm] = ['rnn-gru', 'rnn-lstm'].map((name) => join(FIXTURES, `${name}.onnx`)) as [
      string,
      string,
    ];
    const argv = (after: string) => ['compare', gru, after, '--samples', '2', '--require', 'sqnr >= 40dB'];
    const [same, other] = [llmc(argv(gru)), llmc(argv(lstm))];
    expect([same.status, other.status]).toEqual([0, 1]);
    expect(same.stdout).toContain('every value that both models compute is the same');
    expect(other.stdout).toMatch(/FAILED {2}sqnr >= 40dB/);
  });

  it('does not load what --help does not need', () => {
    const args = ['--input-type=module', '-e', PROBE];
    const loaded = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(loaded).toContain('/commander/');
    expect(loaded).toContain('/dist/cli/table.js');
    for (const name of ['zod', 'chalk', 'cli-progress', 'onnxruntime-node', 'protobufjs']) {
      expect(loaded).not.toContain(`/${name}/`);
    }
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends a command with 130 and without litter',
    async (signal) => {
      expect(await drive('polite', [signal])).toEqual({
        code: 130,
        litter: false,
        stderr: `error INTERRUPTED: stopped by ${signal}\nhint: nothing partial is left behind; run the command again\n`,
      });
    },
  );

  it('a second Ctrl-C does not wait for a command that does not listen', async () => {
    expect(await drive('deaf', ['SIGINT', 'SIGINT'])).toMatchObject({ code: 130, litter: false });
  });

  it('an error outside any promise is a bug, and cleaned up after', async () => {
    const { code, stderr, litter } = await drive('crash', []);
    expect([code, litter]).toEqual([70, false]);
    expect(stderr).toContain('bug in llmc: Error: from a callback');
  });

  it('a command that never ends its promise is a bug, not a success', async () => {
    const { code, stderr } = await drive('lost', []);
    expect(code).toBe(70);
    expect(stderr).toContain('the command never finished');
  });

  it('a command that something else ends is no success', async () => {
    const { code, stderr } = await drive('quitter', []);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error DATA: the process was ended before the command was done\nhint: /);
  });

  it('a closed pipe is quiet', () => {
    const script = `node driver.mjs chatty 2>err.txt | head -1 >/dev/null; echo "\${PIPESTATUS[0]}"; cat err.txt`;
    expect(execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' })).toBe('0\n');
  });

  it.runIf(existsSync('/dev/full'))('a result that does not fit on the disk is no success', () => {
    const script = `node driver.mjs brief 2>full.txt >/dev/full; echo "$?"; cat full.txt`;
    const [code, ...lines] = execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).split(
      '\n',
    );
    expect(code).toBe('2');
    expect(lines.filter((line) => line.includes('WRITE_FAILED'))).toHaveLength(1);
  });
});

/** Prints the URL of every module that a run of --help loads. */
const PROBE = `
import { register } from 'node:module';
const hook = "import { writeSync } from 'node:fs';" +
  "export async function load(url, context, next) { writeSync(1, url + '\\\\n'); return next(url, context); }";
register('data:text/javascript,' + encodeURIComponent(hook));
const { main } = await import('./dist/cli/main.js');
await main(['--help'], { stdout: { write() {} }, stderr: { write() {} }, env: {} });
`;
