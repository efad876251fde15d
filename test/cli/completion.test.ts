import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchSpec } from '../../src/cli/commands/bench.options.ts';
import { completionSpec } from '../../src/cli/commands/completion.options.ts';
import { demoSpec } from '../../src/cli/commands/demo.options.ts';
import { quantizeSpec } from '../../src/cli/commands/quantize.options.ts';
import { bashScript } from '../../src/cli/completion/bash.ts';
import { vocabulary } from '../../src/cli/completion/vocabulary.ts';
import { llmc } from './harness.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmc-completion-'));
  for (const name of ['a.onnx', 'two words.onnx', 'notes.txt', 'data.npz'])
    writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, 'models'));
  writeFileSync(
    join(folder, 'completion.sh'),
    bashScript(vocabulary([quantizeSpec, benchSpec, demoSpec, completionSpec])),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers for the last of the words. */
function complete(words: readonly string[]): string[] {
  const script = `
    source completion.sh
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _llmc
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '-c', script, 'bash', 'llmc', ...words];
  const output = execFileSync('bash', args, { cwd: folder, encoding: 'utf8' });
  return output.split('\n').filter(Boolean).sort();
}

describe('bash completion', () => {
  it('offers commands', () => {
    expect(complete([''])).toEqual(['--help', '--version', 'bench', 'completion', 'demo', 'quantize']);
    expect(complete(['qu'])).toEqual(['quantize']);
  });

  it('offers flags of the command and common ones', () => {
    expect(complete(['quantize', '--sc'])).toEqual(['--schedule', '--scheme']);
    expect(complete(['quantize', 'm.onnx', '--re'])).toEqual([
      '--reduce-range',
      '--report',
      '--require',
      '--resume',
    ]);
    expect(complete(['demo', '--sc'])).toEqual([]);
  });

  it('offers choices of a flag', () => {
    expect(complete(['quantize', '--scheme', 'int8'])).toEqual(['int8', 'int8-dynamic', 'int8-weights']);
    expect(complete(['completion', ''])).toEqual(['bash', 'fish', 'zsh']);
  });

  it('offers models and folders where a model is wanted, names with spaces whole', () => {
    expect(complete(['quantize', ''])).toEqual(['a.onnx', 'models', 'two words.onnx']);
    expect(complete(['bench', 'a.onnx', 'two'])).toEqual(['two words.onnx']);
    expect(complete(['quantize', 'a.onnx', '-o', 'a'])).toEqual(['a.onnx']);
  });

  it('offers every file for data and reports, folders for --keep, nothing for numbers', () => {
    expect(complete(['quantize', 'a.onnx', '--data', 'd'])).toEqual(['data.npz']);
    expect(complete(['quantize', 'a.onnx', '--report', 'n'])).toEqual(['notes.txt']);
    expect(complete(['demo', '--keep', ''])).toEqual(['models']);
    expect(complete(['quantize', '--samples', ''])).toEqual([]);
  });
});

describe('llmc completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script for %s that names every command', async (shell) => {
    const { code, stdout } = await llmc(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['report', 'completion', 'baseline', 'markdown']) expect(stdout).toContain(word);
  });
});
