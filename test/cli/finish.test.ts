import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseReport } from '../../src/report/read.ts';
import { sampleReport } from '../report/sample.ts';
import { fakeTable, llmc } from './harness.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmc-finish-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const table = fakeTable((_, io) => io.finish(sampleReport()));

describe('ending with a report', () => {
  it('prints text, or one JSON document and nothing else', async () => {
    const text = await llmc(['fake'], { table });
    expect([text.code, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toContain('3.91x smaller');
    const json = await llmc(['fake', '--json'], { table });
    expect(parseReport(json.stdout, 'stdout')).toEqual(sampleReport());
  });

  it('writes every report file by its extension, without litter', async () => {
    const argv = ['fake', '--report', at('r.json'), '--report', at('r.md'), '--report', at('r.txt')];
    expect((await llmc(argv, { table })).code).toBe(0);
    expect(parseReport(readFileSync(at('r.json'), 'utf8'), 'r.json')).toEqual(sampleReport());
    expect(readFileSync(at('r.md'), 'utf8')).toContain('| model |');
    expect(readdirSync(folder).sort()).toEqual(['r.json', 'r.md', 'r.txt']);
  });

  it('replaces its own reports, other files only with --force, and says so before working', async () => {
    let ran = 0;
    const counting = fakeTable((_, io) => {
      ran++;
      return io.finish(sampleReport({ command: `run ${ran}` }));
    });
    const argv = ['fake', '--report', at('r.json')];
    await llmc(argv, { table: counting });
    expect((await llmc(argv, { table: counting })).code).toBe(0);
    expect(readFileSync(at('r.json'), 'utf8')).toContain('run 2');
    writeFileSync(at('r.json'), '{"name": "precious"}');
    const refused = await llmc(argv, { table: counting });
    expect([refused.code, ran]).toEqual([2, 2]);
    expect(refused.stderr).toContain('FILE_EXISTS');
    expect(readFileSync(at('r.json'), 'utf8')).toContain('precious');
    expect((await llmc([...argv, '--force'], { table: counting })).code).toBe(0);
    expect(readFileSync(at('r.json'), 'utf8')).toContain('run 3');
  });

  it('writes through a symbolic link instead of replacing it', async () => {
    writeFileSync(at('real.json'), '');
    symlinkSync(at('real.json'), at('link.json'));
    await llmc(['fake', '--report', at('link.json')], { table });
    expect(readFileSync(at('real.json'), 'utf8')).toContain('"tool"');
  });

  it('exits with 1 when a requirement fails, after writing the report', async () => {
    const argv = [
      'fake',
      '--require',
      'size <= 1KB',
      '--require',
      'speedup >= 1.3',
      '--report',
      at('r.json'),
    ];
    const { code, stdout } = await llmc(argv, { table });
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('  FAILED  size <= 1KB     112 MB');
    expect(parseReport(readFileSync(at('r.json'), 'utf8'), 'r').requirements).toEqual([
      { expression: 'size <= 1KB', actual: '112 MB', passed: false },
      { expression: 'speedup >= 1.3', actual: '1.74x', passed: true },
    ]);
  });

  it('tells failures on stderr when stdout is JSON', async () => {
    const { code, stdout, stderr } = await llmc(['fake', '--json', '--require', 'size <= 1KB'], { table });
    expect(code).toBe(1);
    expect(stderr).toContain('FAILED  size <= 1KB  112 MB');
    expect(JSON.parse(stdout)).toMatchObject({ requirements: [{ passed: false }] });
  });

  it('keeps the report when a metric turns out not to exist', async () => {
    const argv = ['fake', '--require', 'rougeL >= 3', '--require', 'size <= 1GB', '--report', at('r.json')];
    const { code, stderr } = await llmc(argv, { table });
    expect(code).toBe(2);
    expect(stderr).toMatch(/error REQUIREMENT: .*rougeL/);
    expect(existsSync(at('r.json'))).toBe(true);
  });

  it('lets a command show text or a document of its own', async () => {
    const own = fakeTable((_, io) => io.finish(sampleReport(), { text: 'mine\n', document: { mine: 1 } }));
    expect((await llmc(['fake', '--require', 'size <= 1GB'], { table: own })).stdout).toBe(
      'mine\nRequirements\n  passed  size <= 1GB  112 MB\n',
    );
    expect((await llmc(['fake', '--json'], { table: own })).stdout).toBe('{\n  "mine": 1\n}\n');
  });
});

describe('llmc report', () => {
  const save = (name: string, init = {}) => {
    writeFileSync(at(name), JSON.stringify(sampleReport(init)));
    return at(name);
  };

  it('renders a saved report in each format', async () => {
    const path = save('a.json');
    expect((await llmc(['report', path])).stdout).toContain('3.91x smaller');
    expect((await llmc(['report', path, '--format', 'markdown'])).stdout).toMatch(/^<!-- llmc report -->/);
    const json = await llmc(['report', path, '--format', 'json']);
    expect(parseReport(json.stdout, 'stdout')).toEqual(sampleReport());
    expect((await llmc(['report', path, '--json'])).stdout).toBe(json.stdout);
  });

  it('writes to a file, in the format of its extension', async () => {
    const { code, stdout } = await llmc(['report', save('a.json'), '-o', at('out.md')]);
    expect([code, stdout]).toEqual([0, '']);
    expect(readFileSync(at('out.md'), 'utf8')).toMatch(/^<!-- llmc report -->/);
  });

  it('merges, compares with an older report and checks requirements on the result', async () => {
    const merged = await llmc(['report', save('a.json'), save('b.json')]);
    expect(merged.stdout).toContain('cnn.int8-dynamic [b.json]');
    const grown = sampleReport().models.map((model) => ({ ...model, sizeBytes: model.sizeBytes * 1.1 }));
    const now = save('new.json', { models: grown });
    const argv = ['report', now, '--baseline', at('a.json'), '--require', 'size.ratio <= 1.01'];
    const { code, stdout } = await llmc(argv);
    expect(code).toBe(1);
    expect(stdout).toContain('1.10x larger');
  });

  it.each([
    [['missing.json'], 'FILE_NOT_FOUND'],
    [['bad.json'], 'DATA'],
    [['a.json', '--json', '--format', 'markdown'], 'USAGE'],
    [['a.json', '-o', 'out.docx'], 'USAGE'],
    [['a.json', '-o', 'bad.json'], 'FILE_EXISTS'],
  ])('refuses %j', async (argv, errorCode) => {
    save('a.json');
    writeFileSync(at('bad.json'), '{"name": 3}');
    const full = argv.map((word) => (word.includes('.') ? at(word) : word));
    const { code, stdout, stderr } = await llmc(['report', ...full]);
    expect(code).toBe(2);
    if (argv.includes('--json')) expect(JSON.parse(stdout)).toMatchObject({ error: { code: errorCode } });
    else expect(stdout).toBe('');
    expect(stderr).toContain(`error ${errorCode}: `);
  });
});
