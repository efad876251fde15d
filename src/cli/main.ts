/** The command line as a function: arguments in, exit code out. */
import { CommanderError } from 'commander';
import { EXIT, LlmcError } from '../errors.ts';
import { toolVersion } from '../library/version.ts';
import { type RawValues, readOptions } from '../options/option.ts';
import { renderJson } from '../report/json.ts';
import { paletteFor } from './chalk-palette.ts';
import type { Command } from './command.ts';
import { commonOptions } from './common-options.ts';
import { buildProgram } from './program.ts';
import { commands } from './table.ts';
import { type Terminal, wantsColor, widthOf } from './terminal.ts';
import { isDone, usageError } from './usage-error.ts';

/** Runs `llmc` with `argv` (without the program's name). Never throws and never ends the process. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  table: readonly Command[] = commands,
): Promise<number> {
  const { stdout, stderr, env } = terminal;
  const state = { exitCode: EXIT.ok as number, printed: false };
  const dispatch = async (command: Command, operands: readonly unknown[], raw: RawValues) => {
    const common = readOptions(commonOptions, raw);
    const start = command.prepare(operands, raw);
    const specs = table.map(({ spec }) => spec);
    const { runCommand } = await import('./io.ts');
    const errorPalette = await paletteFor(wantsColor(stderr, env, argv));
    const onOutput = (): void => {
      state.printed = true;
    };
    state.exitCode = await runCommand(command, start, common, { specs, terminal, errorPalette, onOutput });
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
    return fail(thrown, argv, terminal, table, state.printed);
  }
}

async function fail(
  thrown: unknown,
  argv: readonly string[],
  { stdout, stderr, env, signal }: Terminal,
  table: readonly Command[],
  printed: boolean,
): Promise<number> {
  const { renderError } = await import('./render-error.ts');
  const palette = await paletteFor(wantsColor(stderr, env, argv));
  const name = table.find((command) => command.spec.name === argv[0])?.spec.name ?? null;
  const error = thrown instanceof CommanderError ? usageError(thrown, name) : thrown;
  // Whatever breaks because the run was told to stop is no bug.
  const interrupted = signal?.aborted && !(thrown instanceof LlmcError);
  const { text, document, exitCode } = renderError(
    interrupted ? signal.reason : error,
    palette,
    argv.includes('--verbose') && !(thrown instanceof CommanderError),
  );
  stderr.write(text);
  // One document on stdout whatever happens: a report that was printed already stays the only one.
  if (wantsJson(argv) && !printed) stdout.write(renderJson(document));
  return exitCode;
}

/** Asked of the words themselves: the error may be that they do not parse. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}
