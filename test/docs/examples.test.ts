/** What docs/examples shows works: every program is run as it stands, by name of the package. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './markdown.ts';

/** What each program says among other things, and what it leaves. */
const PROGRAMS: Readonly<Record<string, { readonly says: readonly RegExp[]; readonly makes: string }>> = {
  'compare-and-inspect': {
    says: [/^SQNR of the outputs: \d+/m, /^\d+ parameters in/m],
    makes: 'gpt.int4.onnx',
  },
  distil: { says: [/^done: training$/m, /^step \d+: accuracy 0\.\d+$/m], makes: 'student.onnx' },
  'own-data-and-metric': { says: [/secondGuess: [01]\.?\d*, accuracy/], makes: 'dynamic.onnx' },
  'progress-and-cancel': {
    says: [/^heard of: .*writing/m, /^stopped: AbortError$/m, /^left behind: 0 files, never.onnx false$/m],
    makes: 'calibrated.onnx',
  },
  'prune-and-recover': {
    says: [/^holds: accuracy\.drop/m, /^holds: size\.ratio/m, /^8 groups, 0 that/m],
    makes: 'half.onnx',
  },
  quantize: { says: [/\(3\.\dx smaller\)$/m, /^llmc .* quantize$/m], makes: 'small.onnx' },
  recipe: {
    says: [/^holds: size\.ratio/m, /^again: 2 of 2 steps/m, /by prune, quantize$/m],
    makes: 'small-cnn.onnx',
  },
  tune: {
    says: [/^tried 2;/m, /^made again by: llmc run tuned\.recipe\.yaml$/m],
    makes: 'tuned.recipe.yaml',
  },
};

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, cwd: string): Promise<Ended> {
  const path = join(ROOT, 'docs/examples', `${program}.mjs`);
  const child = spawn(process.execPath, [path], {
    cwd,
    env: { ...process.env, LLMC_CACHE: join(cwd, 'kept') },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('docs/examples', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'llmc-examples-'));
    cpSync(join(ROOT, 'fixtures'), join(folder, 'fixtures'), { recursive: true });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.for(Object.entries(PROGRAMS))('%s.mjs does what it shows', async ([program, { says, makes }]) => {
    const { code, stdout, stderr } = await run(program, folder);
    expect([code, stderr]).toEqual([0, '']);
    for (const line of says) expect(stdout).toMatch(line);
    expect(existsSync(join(folder, makes))).toBe(true);
  });

  it('holds no program that is not run; others are modules that these use', () => {
    const names = readdirSync(join(ROOT, 'docs/examples')).filter((name) => name.endsWith('.mjs'));
    const left = names.map((name) => name.slice(0, -4)).filter((name) => !(name in PROGRAMS));
    const used = Object.keys(PROGRAMS).map((name) =>
      readFileSync(join(ROOT, 'docs/examples', `${name}.mjs`), 'utf8'),
    );
    expect(left.filter((name) => !used.some((text) => text.includes(`here('${name}.mjs')`)))).toEqual([]);
  });
});
