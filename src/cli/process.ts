/** Connects `main` to the real process: signals, closed pipes, uncaught errors, the exit code. */
import { writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runCleanups } from '../cleanup.ts';
import { EXIT, LlmcError } from '../errors.ts';
import { plainPalette } from '../report/palette.ts';
import type { Command } from './command.ts';
import { main } from './main.ts';

/** Runs the command line of this process and ends it. */
export async function runProcess(table?: readonly Command[]): Promise<void> {
  // Nobody waits for an answer between two pauses, and marking beside the work takes cores from the runtime's threads: tensors
  // count as memory, so that it went on all the time while training. Pauses for a heap of this size are milliseconds.
  setFlagsFromString('--no-incremental-marking');
  const controller = new AbortController();
  const { stdout, stderr, env, argv } = process;
  stopOnSignals(controller);
  const lost = watchForLoss(stdout);
  watchForLoss(stderr);
  process.on('uncaughtException', (error) => void crash(error));
  // A promise that never settles lets the event loop run dry; that must not look like success.
  process.once('beforeExit', () => void crash(new Error('the command never finished')));
  let over = false;
  // A data module, or what it imports, may end the process: that must not look like success either.
  process.on('exit', (code) => {
    if (over || crashing || code !== EXIT.ok) return;
    writeSync(
      2,
      'error DATA: the process was ended before the command was done\nhint: code that llmc was given called process.exit\n',
    );
    process.exitCode = EXIT.usage;
  });
  const exitCode = await main(argv.slice(2), { stdout, stderr, env, signal: controller.signal }, table);
  over = true;
  runCleanups();
  await Promise.all([drained(stdout), drained(stderr)]);
  // A result that did not fit on the disk it was sent to must not look like success.
  if (lost.length === 0) process.exit(exitCode);
}

/** Time to come to an end after a signal: the longest step of a training may have to be finished and kept. */
const PATIENCE_MS = 30_000;

/** The first signal asks the command to stop and to clean up; a second one does not wait for it. */
function stopOnSignals(controller: AbortController): void {
  const stop = (name: string): void => {
    if (controller.signal.aborted) {
      runCleanups();
      process.exit(EXIT.interrupted);
    }
    const hint = 'nothing partial is left behind; run the command again';
    const reason = new LlmcError('INTERRUPTED', `stopped by ${name}`, { hint });
    controller.abort(reason);
    // Whoever does not look is not waited for.
    setTimeout(() => void crash(reason), PATIENCE_MS).unref();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop(name));
}

/**
 * `llmc inspect model.onnx | head` closes our stdout; the work goes on, the text is dropped. Any other failure ends
 * the process, and is listed in what this returns.
 */
function watchForLoss(stream: NodeJS.WriteStream): readonly Error[] {
  const lost: Error[] = [];
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    lost.push(error);
    void crash(error);
  });
  return lost;
}

let crashing = false;

async function crash(error: unknown): Promise<void> {
  if (crashing) return;
  crashing = true;
  runCleanups();
  const { renderError } = await import('./render-error.ts');
  const { text, exitCode } = renderError(error, plainPalette, false);
  process.stderr.write(text, () => process.exit(exitCode));
}

/** Resolves once everything written has left or was refused; by then an `error` event has been seen. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => setImmediate(resolve)));
}
