import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { sampleReport } from '../report/sample.ts';
import { fakeTable, llmc } from './harness.ts';

describe('help', () => {
  it('lists the commands', async () => {
    const { code, stdout, stderr } = await llmc(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: llmc/);
    for (const name of ['report', 'completion'])
      expect(stdout).toMatch(new RegExp(`^ {2}${name} .*\\w`, 'm'));
  });

  it('shows options with choices, defaults and examples', async () => {
    const { code, stdout } = await llmc(['report', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: llmc report [options] [reports...]

      Render, merge and compare reports that llmc wrote.

      Arguments:
        reports                 reports in JSON, as --report FILE.json writes them

      Options:
        --format <name>         how to render (text, markdown, html, json, junit, github; default: by the
                                extension of -o, else text)
        --baseline <file>       an older report to compare each model with
        --history <file>        add the run to a history, one JSON line each, and show the trends
        --commit <id>           commit of the run, for --history (default: as CI or git says)
        -o, --output <file>     write to a file instead of stdout

      Common options:
        --json                  print one JSON document on stdout; everything else goes to stderr
        --report <file>         write the report to a file, format by extension: .html .json .md .txt .xml
                                (repeatable)
        --require <expression>  exit with 1 unless it holds, e.g. "size <= 25MB" (repeatable)
        --seed <n>              seed of everything random (default: 0)
        --threads <n>           threads of onnxruntime and of llmc (default: 0, the runtime chooses)
        --force                 allow overwriting existing files (never the input)
        --quiet                 no progress and no notes
        --verbose               list everything instead of the first few
        --no-color              no colours (as does the variable NO_COLOR)
        -h, --help              show this help

      Examples:
        # make a pull-request comment
        llmc report bench.json --format markdown -o comment.md
        # set the models of two runs side by side
        llmc report int8.json int4.json
        # fail when a model grew
        llmc report new.json --baseline old.json --require "size.ratio <= 1.01"
        # add the run to a history, show trends
        llmc report bench.json --history history.jsonl
      "
    `);
  });

  it('without any argument is a mistake, with help on stderr', async () => {
    const { code, stdout, stderr } = await llmc([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Usage: llmc/);
  });

  it('prints the version of the package', async () => {
    const { code, stdout } = await llmc(['--version']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  it('is coloured on a terminal, but not with NO_COLOR or --no-color', async () => {
    const colour = '\u001b[';
    expect((await llmc(['--help'], { isTTY: true })).stdout).toContain(colour);
    expect((await llmc(['--help'], { isTTY: true, env: { NO_COLOR: '1' } })).stdout).not.toContain(colour);
    expect((await llmc(['report', '--no-color', '--help'], { isTTY: true })).stdout).not.toContain(colour);
    expect((await llmc(['--help'], { env: { FORCE_COLOR: '1' } })).stdout).toContain(colour);
  });
});

describe('wrong use', () => {
  it.each([
    [['reprot'], "error USAGE: unknown command 'reprot'\nhint: Did you mean report?\n"],
    [
      ['report', 'a', '--fromat', 'x'],
      "error USAGE: unknown option '--fromat'\nhint: Did you mean --format?\n",
    ],
    [
      ['report', 'a', '--xyz'],
      "error USAGE: unknown option '--xyz'\nhint: llmc report --help lists the options\n",
    ],
    [['--json'], "error USAGE: unknown option '--json'\nhint: llmc --help lists the commands\n"],
    [
      ['compare'],
      "error USAGE: missing required argument 'before'\nhint: llmc compare --help lists the options\n",
    ],
    [
      ['report', 'a', '--format', 'makrdown'],
      /--format "makrdown" is not known\nhint: did you mean markdown\?/,
    ],
    [['report', 'a', '--seed', 'x'], /--seed "x" is not a whole number from 0 to 4294967295/],
    [['report', 'a', '--threads', '-1'], /--threads "-1" is not a whole number/],
    [['report', 'a', '--require', 'sise <= 3'], /error REQUIREMENT: .*did you mean "size"/],
    [['report', 'a', '--report', 'x.docx'], /error USAGE: .*x\.docx.*\nhint: extensions: .*\.json/],
    [['report', 'a', '--report', 'no/such/folder/x.json'], /error FILE_NOT_FOUND: .*folder/],
    [['completion', 'csh'], /error USAGE: "csh".*\nhint: choices: bash, zsh, fish/],
    [['completion', 'bash', '--require', 'size <= 3'], /llmc completion makes no report/],
  ])('%j exits with 2, one message and a hint', async (argv, message) => {
    const { code, stdout, stderr } = await llmc(argv);
    expect(code).toBe(2);
    if (!argv.includes('--json')) expect(stdout).toBe('');
    if (typeof message === 'string') expect(stderr).toBe(message);
    else expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\nhint: .+\n$/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('exit codes', () => {
  const fails = (error: unknown) => fakeTable(() => Promise.reject(error));

  it('an expected failure has no stack', async () => {
    const error = new LlmcError('MODEL_UNREADABLE', 'x.onnx is no model', { hint: 'give a model' });
    expect(await llmc(['fake'], { table: fails(error) })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error MODEL_UNREADABLE: x.onnx is no model\nhint: give a model\n',
    });
  });

  it('a result that fell apart is 1, an error with a code of its own keeps it', async () => {
    const check = new LlmcError('CHECK_FAILED', 'm', { hint: 'h' });
    expect((await llmc(['fake'], { table: fails(check) })).code).toBe(1);
  });

  it('a bug is 70 and shows its stack and its cause', async () => {
    const bug = new TypeError('x is not a function', { cause: new Error('the root') });
    const { code, stderr } = await llmc(['fake'], { table: fails(bug) });
    expect(code).toBe(70);
    expect(stderr).toMatch(
      /^bug in llmc: TypeError: x is not a function\n\s+at [\s\S]*caused by: Error: the root/,
    );
  });

  it("the operating system's refusals are no bugs", async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    const { code, stderr } = await llmc(['fake'], { table: fails(full) });
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'error WRITE_FAILED: ENOSPC: no space left on device, write',
    ]);
  });

  it('an interruption is 130, however the command noticed it', async () => {
    const reason = new LlmcError('INTERRUPTED', 'stopped by SIGINT', { hint: 'run it again' });
    for (const notice of [
      (signal: AbortSignal) => signal.throwIfAborted(),
      () => {
        throw new DOMException('aborted', 'AbortError');
      },
      () => {
        throw new Error('session was released');
      },
    ]) {
      const controller = new AbortController();
      const table = fakeTable(async (_, io) => {
        controller.abort(reason);
        notice(io.context.signal);
        return 0;
      });
      const { code, stderr } = await llmc(['fake'], { table, signal: controller.signal });
      expect([code, stderr]).toEqual([130, 'error INTERRUPTED: stopped by SIGINT\nhint: run it again\n']);
    }
  });

  it("the command's own exit code comes through", async () => {
    expect((await llmc(['fake'], { table: fakeTable(async () => 1) })).code).toBe(1);
  });

  it('a command that forgets the report it was asked for is a bug', async () => {
    const { code } = await llmc(['fake', '--require', 'size <= 1'], { table: fakeTable(async () => 0) });
    expect(code).toBe(70);
  });
});

describe('with --json an error', () => {
  const failure = new LlmcError('MODEL_UNREADABLE', 'x\u0007.onnx is no model', { hint: 'give a model' });
  const json = (stdout: string) => JSON.parse(stdout) as unknown;

  it('is a document on stdout too; stderr and the exit code stay as they are', async () => {
    const table = fakeTable(() => Promise.reject(failure));
    const plain = await llmc(['fake'], { table });
    const { code, stdout, stderr } = await llmc(['fake', '--json'], { table });
    expect([code, stderr]).toEqual([plain.code, plain.stderr]);
    expect(json(stdout)).toEqual({
      version: 1,
      error: { code: 'MODEL_UNREADABLE', message: 'x\ufffd.onnx is no model', hint: 'give a model' },
    });
  });

  it.each([
    [['--json', 'reprot'], 'USAGE', 2],
    [['report', '--json'], 'USAGE', 2],
    [['report', 'a', '--json', '--seed', 'x'], 'USAGE', 2],
    [['report', 'a', '--json', '--require', 'sise <= 3'], 'REQUIREMENT', 2],
    [['report', 'a.json', '--json'], 'FILE_NOT_FOUND', 2],
    [['inspect', 'a.onnx', '--json'], 'FILE_NOT_FOUND', 2],
  ])('is one wherever it happens: %j', async (argv, code, exitCode) => {
    const ran = await llmc(argv);
    expect([ran.code, json(ran.stdout)]).toEqual([
      exitCode,
      {
        version: 1,
        error: { code, message: expect.stringMatching(/./), hint: expect.stringMatching(/./) },
      },
    ]);
    expect(ran.stderr).toMatch(/^error /);
  });

  it('is one when it is a bug or an interruption', async () => {
    const bug = await llmc(['fake', '--json'], { table: fakeTable(() => Promise.reject(new Error('oh'))) });
    expect([bug.code, json(bug.stdout)]).toMatchObject([70, { error: { code: 'BUG', message: 'oh' } }]);
    const controller = new AbortController();
    const table = fakeTable(async () => {
      controller.abort(new LlmcError('INTERRUPTED', 'stopped by SIGINT', { hint: 'run it again' }));
      controller.signal.throwIfAborted();
      return 0;
    });
    const stopped = await llmc(['fake', '--json'], { table, signal: controller.signal });
    expect([stopped.code, json(stopped.stdout)]).toMatchObject([130, { error: { code: 'INTERRUPTED' } }]);
  });

  it('does not follow a report that was printed already', async () => {
    const table = fakeTable(async (_, io) => {
      await io.finish(sampleReport());
      throw failure;
    });
    const { code, stdout } = await llmc(['fake', '--json'], { table });
    expect([code, json(stdout)]).toMatchObject([2, { tool: { name: 'llmc' } }]);
  });

  it('is none where --json is an operand', async () => {
    expect((await llmc(['report', '--', '--json'])).stdout).toBe('');
  });
});

describe('the surroundings of a command', () => {
  it('hands over seed, threads and switches', async () => {
    let seen: unknown;
    const table = fakeTable(async (_, { context, common }) => {
      seen = { seed: context.seed, threads: context.threads, force: common.force, quiet: common.quiet };
      return 0;
    });
    await llmc(['fake', '--seed', '7', '--threads', '3', '--force'], { table });
    expect(seen).toEqual({ seed: 7, threads: 3, force: true, quiet: false });
  });

  it('puts notes on stderr unless quiet, and warnings always, once, and into the report', async () => {
    const table = fakeTable(async (_, { context, finish }) => {
      context.note('a fact');
      context.warn('a danger');
      context.warn('a danger');
      return finish(sampleReport());
    });
    const loud = await llmc(['fake', '--json'], { table });
    expect(loud.stderr).toBe('a fact\nwarning: a danger\n');
    expect(JSON.parse(loud.stdout)).toMatchObject({ warnings: ['a danger'] });
    const quiet = await llmc(['fake', '--json', '--quiet'], { table });
    expect(quiet.stderr).toBe('warning: a danger\n');
  });
});
