import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitOf } from '../../src/cli/commit.ts';
import { renderJson } from '../../src/report/json.ts';
import { sampleReport } from '../report/sample.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { llmc } from './harness.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmc-history-'));
  writeFileSync(at('run.json'), renderJson(sampleReport()));
  const grown = sampleReport();
  for (const model of grown.models) model.sizeBytes *= 1.2;
  writeFileSync(at('grown.json'), renderJson(grown));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('llmc report --history', () => {
  it('adds a line a run, names the commit and warns when the last run drifted', async () => {
    const history = at('history.jsonl');
    const add = (name: string, ...more: string[]) =>
      llmc(['report', at(name), '--history', history, ...more], { env: { GITHUB_SHA: 'abc123' } });
    for (let run = 0; run < 5; run++) expect((await add('run.json')).stdout).not.toContain('drifted');
    // A job was killed while it wrote.
    appendFileSync(history, '{"version":1,"time"');
    const last = await add('grown.json', '--commit', 'mine');
    expect(last.code).toBe(0);
    expect(last.stdout).toMatch(/cnn\s+size\s+▁▁▁▁▁█\s+526 MB\s+drifted, worse/);
    expect(last.stdout).toContain('warning: size of cnn drifted: 526 MB is 20% above the median');
    const commits = readFileSync(history, 'utf8').match(/"commit":"(\w+)"/g);
    expect(commits).toEqual([...Array(5).fill('"commit":"abc123"'), '"commit":"mine"']);
    const page = at('trends.html');
    expect((await llmc(['report', '--history', history, '-o', page])).code).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain('Over time');
  });

  it.each([
    [['report'], 'USAGE'],
    [['report', '--history', 'missing.jsonl'], 'FILE_NOT_FOUND'],
    [['report', 'run.json', '--history', 'run.json'], 'FILE_EXISTS'],
  ])('refuses %j with %s', async (args, code) => {
    const files = args.map((arg) => (/\./.test(arg) ? at(arg) : arg));
    const ran = await llmc(files);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining(`error ${code}`)]);
  });
});

describe('llmc bench --history', () => {
  const model = join(FIXTURES, 'rnn-gru.onnx');
  const quick = ['--runs', '2', '--warmup', '0', '--no-memory', '--no-gzip', '--quiet', '--commit', 'mine'];

  it('adds the run with what it did not meet, and shows the trends', async () => {
    const history = at('bench.jsonl');
    const bench = (...more: string[]) => llmc(['bench', model, ...quick, '--history', history, ...more]);
    expect((await bench()).code).toBe(0);
    const second = await bench('--require', 'size <= 1KB');
    expect(second.code).toBe(1);
    expect(second.stdout).toMatch(/rnn-gru\.onnx\s+size\s+▅▅\s+163 KB/);
    const lines = readFileSync(history, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { commit: 'mine', command: 'bench', failed: [] },
      { commit: 'mine', failed: ['size <= 1KB'] },
    ]);
  });

  it('refuses another file before it measures, and leaves it alone', async () => {
    const path = at('run.json');
    const before = readFileSync(path, 'utf8');
    const ran = await llmc(['bench', at('no-such-model.onnx'), ...quick, '--history', path]);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('error DATA')]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});

describe('the commit of a run', () => {
  it('is read from git as it stores branches, packed branches, detached heads and worktrees', () => {
    const git = at('work/.git');
    mkdirSync(join(git, 'refs/heads'), { recursive: true });
    mkdirSync(at('work/deep/er'), { recursive: true });
    const commit = () => commitOf({}, at('work/deep/er'));
    writeFileSync(join(git, 'HEAD'), 'ref: refs/heads/main\n');
    expect(commit()).toBeNull();
    writeFileSync(join(git, 'packed-refs'), '# pack-refs\n111 refs/heads/main\n');
    expect(commit()).toBe('111');
    writeFileSync(join(git, 'refs/heads/main'), '222\n');
    expect(commit()).toBe('222');
    mkdirSync(join(git, 'worktrees/w'), { recursive: true });
    mkdirSync(at('tree'));
    writeFileSync(join(git, 'worktrees/w/HEAD'), 'ref: refs/heads/main\n');
    writeFileSync(join(git, 'worktrees/w/commondir'), '../..\n');
    writeFileSync(at('tree/.git'), `gitdir: ${join(git, 'worktrees/w')}\n`);
    expect(commitOf({}, at('tree'))).toBe('222');
    writeFileSync(join(git, 'HEAD'), '333\n');
    expect(commit()).toBe('333');
    expect(commitOf({ CI_COMMIT_SHA: '444' }, at('work'))).toBe('444');
  });
});
