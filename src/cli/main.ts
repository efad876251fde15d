/** The command line as a function: arguments in, exit code out. */
import { CommanderError } from 'commander';
import { EXIT, LlmcError } from '../errors.ts';
import { paletteFor } from './chalk-palette.ts';
import type { Command } from './command.ts';
import { commonOptions } from './common-options.ts';
import { type RawValues, readOptions } from './option.ts';
import { buildProgram } from './program.ts';
import { commands } from './table.ts';
import { type Terminal, wantsColor, widthOf } from './terminal.ts';
import { isDone, usageError } from './usage-error.ts';
import { toolVersion } from './version.ts';

/** Runs `llmc` with `argv` (without the program's name). Never throws and never ends the process. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  table: readonly Command[] = commands,
): Promise<number> {
  const { stdout, stderr, env } = terminal;
  const state: { exitCode: number } = { exitCode: EXIT.ok };
  const dispatch = async (command: Command, operands: readonly unknown[], raw: RawValues) => {
    const common = readOptions(commonOptions, raw);
    const start = command.prepare(operands, raw);
    const specs = table.map(({ spec }) => spec);
    const { runCommand } = await import('./io.ts');
    const palette = await paletteFor(wantsColor(stderr, env, argv));
    state.exitCode = await runCommand(command, specs, start, common, terminal, palette);
  };
  const bare = argv.length === 0;
  const program = buildProgram(table, {
    version: toolVersion(),
    width: widthOf(stdout, env),
    palette: await paletteFor(wantsColor(bare ? stderr : stdout, env, argv)),
    write: (text) => (bare ? stderr : stdout).write(text),
    dispatch,
  });
  try {
    if (bare) {
      // A script whose command came out empty must not look successful.
      program.outputHelp();
      return EXIT.usage;
    }
    await program.parseAsync(argv, { from: 'user' });
    return state.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && isDone(thrown)) return EXIT.ok;
    return fail(thrown, argv, terminal, table);
  }
}

async function fail(
  thrown: unknown,
  argv: readonly string[],
  { stderr, env, signal }: Terminal,
  table: readonly Command[],
): Promise<number> {
  const { renderError } = await import('./render-error.ts');
  const palette = await paletteFor(wantsColor(stderr, env, argv));
  const name = table.find((command) => command.spec.name === argv[0])?.spec.name ?? null;
  const error = thrown instanceof CommanderError ? usageError(thrown, name) : thrown;
  // Whatever breaks because the run was told to stop is no bug.
  const interrupted = signal?.aborted && !(thrown instanceof LlmcError);
  const { text, exitCode } = renderError(
    interrupted ? signal.reason : error,
    palette,
    argv.includes('--verbose') && !(thrown instanceof CommanderError),
  );
  stderr.write(text);
  return exitCode;
}
