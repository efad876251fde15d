/** What README and guides tell people to type works: every `llmc` line of their `sh` blocks is run. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llmc } from '../cli/harness.ts';
import { codeBlocks, type Page, pages, ROOT } from './markdown.ts';

/** Above a block whose commands need something a test does not have, with what that is. */
const NOT_RUN = /^<!-- not run: .+ -->$/;

/** Commands of a page; a backslash at the end of a line joins the next one. */
function commands({ text }: Page): string[] {
  return codeBlocks(text)
    .filter(({ language, above }) => language === 'sh' && !NOT_RUN.test(above))
    .flatMap(({ lines }) =>
      lines
        .join('\n')
        .replace(/\\\n\s*/g, '')
        .split('\n'),
    )
    .filter((line) => line.startsWith('llmc '));
}

/** Splits a command into arguments: blanks, single and double quotes, comments. Anything else of a shell is refused. */
function words(command: string): string[] {
  const line = command.replace(/\s#\s.*$/, '');
  const found = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return found.map((word) => {
    const plain = word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single);
    if (plain === word && /[$|<>&;`*?]/.test(word)) throw new Error(`quote '${word}' in: ${command}`);
    return plain;
  });
}

/**
 * What is timed does not matter here; the seconds per model of a reader's command do, to who waits for the tests. Other
 * tests run at the same time, and threads that wait for one another's core take several times as long.
 */
function hurried(args: readonly string[]): string[] {
  const threads = args.includes('--threads') ? [] : ['--threads', '1'];
  if (args[0] !== 'bench') return [...args, ...threads, ...unraced(args)];
  const at = args.indexOf('--time');
  return [...(at < 0 ? args : args.toSpliced(at, 2)), '--time', '0.05', ...threads];
}

/** Results are loaded, not raced against the model before, unless something is to be decided or required by that. */
function unraced(args: readonly string[]): string[] {
  const [command = ''] = args;
  const judged = ['--require', '--check', '--dry-run', '--parity'].some((flag) => args.includes(flag));
  const fixed =
    command === 'prune' || command === 'distill' || (command === 'quantize' && args.includes('--scheme'));
  return fixed && !judged && !args.includes('auto') ? ['--check', 'load'] : [];
}

const subjects = pages('README.md', 'docs/guides')
  .map((page) => ({ path: page.path, lines: commands(page) }))
  .filter(({ lines }) => lines.length > 0);

describe.for(subjects)('commands in $path', ({ lines }) => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'llmc-docs-'));
    for (const part of ['fixtures', 'docs/examples'])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // In order and in one folder: a later command may use what an earlier one wrote.
  it.for(lines)('%s', async (line) => {
    const [, ...args] = words(line);
    const { code, stdout, stderr } = await llmc(hurried(args), {
      cwd: folder,
      env: { LLMC_CACHE: join(folder, 'cache') },
    });
    expect(
      stderr
        .split('\n')
        .filter((text) => text.startsWith('error'))
        .concat(`exit code ${code}`),
    ).toEqual(['exit code 0']);
    expect(stdout.length).toBeGreaterThan(0);
  });
});

it('finds commands in the README', () => {
  expect(subjects.map(({ path }) => path)).toContain('README.md');
});

it('splits commands as a shell would', () => {
  expect(words('llmc bench a.onnx --require "speedup >= 1.3"  # gate')).toEqual([
    'llmc',
    'bench',
    'a.onnx',
    '--require',
    'speedup >= 1.3',
  ]);
  expect(() => words('llmc inspect a.onnx | head')).toThrow("quote '|'");
});
