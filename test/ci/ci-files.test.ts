/** The files for CI, as far as a machine without GitHub, GitLab and Docker can check them. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** What GitHub's documentation of composite actions requires. */
const actionSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1).max(125),
  author: z.string().optional(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }).optional(),
  inputs: z.record(
    z.string().regex(/^[a-z][\w-]*$/),
    z.strictObject({
      description: z.string().min(1),
      required: z.boolean().optional(),
      default: z.string().optional(),
    }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string().min(1), value: z.string() })),
  runs: z.strictObject({
    using: z.literal('composite'),
    steps: z.array(
      z.strictObject({
        name: z.string(),
        id: z.string().optional(),
        shell: z.literal('bash'),
        env: z.record(z.string(), z.string()).optional(),
        run: z.string(),
      }),
    ),
  }),
});

const workflowSchema = z.looseObject({
  name: z.string(),
  on: z.unknown(),
  jobs: z.record(
    z.string(),
    z.looseObject({
      'runs-on': z.string(),
      steps: z.array(
        z
          .looseObject({
            uses: z
              .string()
              .regex(/^[\w-]+\/[\w-]+(\/[\w/-]+)?@v\d+$/)
              .optional(),
            run: z.string().optional(),
            with: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
          })
          .refine((step) => (step.uses === undefined) !== (step.run === undefined)),
      ),
    }),
  ),
});

const gitlabSchema = z.object({
  stages: z.array(z.string()),
  compress: z.object({
    stage: z.string(),
    image: z.string(),
    before_script: z.array(z.string()),
    script: z.array(z.string()),
    artifacts: z.object({ paths: z.array(z.string()), reports: z.object({ junit: z.string() }) }),
  }),
});

const action = actionSchema.parse(parse(read('action.yml')));
const workflow = workflowSchema.parse(parse(read('examples/github-actions.yml')));
const gitlab = gitlabSchema.parse(parse(read('examples/gitlab-ci.yml')));
const jobSteps = Object.values(workflow.jobs).flatMap(({ steps }) => steps);
const dockerfile = read('Dockerfile').replace(/\\\n/g, ' ').split('\n');

/** Expressions become words, as GitHub puts their values in before the shell sees them. */
const scripts: [string, string][] = [
  ...action.runs.steps.map(({ name, run }): [string, string] => [`action.yml: ${name}`, run]),
  ...jobSteps.flatMap(({ run }): [string, string][] => (run ? [[`github: ${run.slice(0, 30)}`, run]] : [])),
  ...[...gitlab.compress.before_script, ...gitlab.compress.script].map((run): [string, string] => [
    `gitlab: ${run.slice(0, 30)}`,
    run,
  ]),
  ...dockerfile
    .filter((line) => line.startsWith('RUN '))
    .map((line): [string, string] => [`docker: ${line}`, line.slice(4)]),
];

describe('CI files', () => {
  it.each(scripts)('are valid shell: %s', (_, script) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    // Text from a pull request must reach a script through its environment, never as part of it.
    expect(script).not.toContain('${{');
  });

  it('hand the action inputs it has, and read outputs it makes', () => {
    const inputs = [...JSON.stringify(action.runs).matchAll(/inputs\.([\w-]+)/g)].map((match) => match[1]);
    expect(new Set(inputs)).toEqual(new Set(Object.keys(action.inputs)));
    const used = jobSteps.find(({ uses }) => uses?.startsWith('OWNER/llmc@'))?.with ?? {};
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(used)));
    const asked = [...read('examples/github-actions.yml').matchAll(/steps\.llmc\.outputs\.(\w+)/g)];
    for (const [, output = ''] of asked) expect(Object.keys(action.outputs)).toContain(output);
  });

  it('make an image of files that exist, for a user who is not root', () => {
    const copied = dockerfile
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
    const ignored = read('.dockerignore').split('\n');
    for (const path of copied) expect(ignored).not.toContain(path.replace(/^\.\//, ''));
    expect(dockerfile.findLast((line) => line.startsWith('USER '))).toBe('USER node');
    const packed: { files: string[] } = JSON.parse(read('package.json'));
    for (const path of packed.files.filter((name) => /^(bin|dist|fixtures|LICENSE|README)/.test(name)))
      expect(dockerfile.join('\n')).toContain(`/llmc/${path}`);
  });
});

describe('the commands inside', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'llmc-ci-'));
    mkdirSync(join(folder, 'bin'));
    const llmc = `exec '${process.execPath}' '${join(ROOT, 'bin/llmc.js')}' "$@"`;
    // Quick benchmarks: what is checked here is that the commands work.
    const quick = `case "$1" in bench) set -- "$@" --runs 5 --no-memory;; esac`;
    writeFileSync(join(folder, 'bin/llmc'), `#!/bin/sh\n${quick}\n${llmc}\n`);
    writeFileSync(join(folder, 'bin/npx'), `#!/bin/sh\nshift 2\n${quick}\n${llmc}\n`);
    for (const name of ['llmc', 'npx']) chmodSync(join(folder, 'bin', name), 0o755);
    for (const name of ['model.onnx', 'eval.npz'])
      copyFileSync(join(ROOT, 'fixtures/demo', name), join(folder, name));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const bash = (script: string, env: Record<string, string> = {}) =>
    spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, NO_COLOR: '1', ...env },
    });
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('of the GitLab example run, and leave the artifacts they promise', () => {
    for (const script of gitlab.compress.script) {
      const { status, stderr } = bash(script, { CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main' });
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    }
    expect(text(gitlab.compress.artifacts.reports.junit)).toContain('failures="0"');
    expect(text('llmc-report/trends.html')).toContain('Over time');
  });

  it('of the action run, annotate, summarize and fail the job when a requirement is not met', () => {
    const files = { GITHUB_OUTPUT: join(folder, 'out'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
    const given: Record<string, string> = {
      models: 'model.onnx\nmodel.int8.onnx\n',
      require: 'size.ratio <= 0.5\nsize <= 1KB\n',
      options: '--runs\n5\n--no-memory\n--no-gzip\n',
      data: 'eval.npz?limit=20',
    };
    const value = (name = '') => given[name] ?? action.inputs[name]?.default ?? '';
    const [quantize] = gitlab.compress.script;
    expect(bash(quantize ?? '').status).toBe(0);
    const ran = action.runs.steps
      .filter(({ name }) => name !== 'Install llmc')
      .map(({ run, env = {} }) => {
        const filled = Object.entries(env).map(([key, expression]) => {
          const name = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression)?.[1];
          return [key, value(name)];
        });
        return bash(run, { ...files, GITHUB_ACTION_PATH: ROOT, ...Object.fromEntries(filled) });
      });
    expect(ran.map(({ status }) => status)).toEqual([0, 1]);
    expect(ran[1]?.stdout).toMatch(
      /^::error title=llmc requirement::size <= 1KB is not met: measured 4\d\d KB$/m,
    );
    expect(text('summary')).toContain('❌ `size <= 1KB`');
    const outputs = text('out')
      .trim()
      .split('\n')
      .map((line) => line.split('='));
    expect(outputs.map(([name]) => name).sort()).toEqual(Object.keys(action.outputs).sort());
    for (const [, path = ''] of outputs) expect(existsSync(join(folder, path)), path).toBe(true);
  });
});
