/** Builds commander's program from the command table. */
import { type Argument, Command as Commander, Option } from 'commander';
import { type OptionDef, type OptionTable, type RawValues, takesValue } from '../options/option.ts';
import type { Palette } from '../report/palette.ts';
import type { Command, CommandSpec } from './command.ts';
import { commonOptions } from './common-options.ts';

/** Called with what was typed: the operands in order and the raw option texts. */
export type Dispatch = (command: Command, operands: readonly unknown[], raw: RawValues) => Promise<void>;

export interface ProgramSettings {
  readonly version: string;
  readonly width: number;
  readonly palette: Palette;
  readonly write: (text: string) => void;
  readonly dispatch: Dispatch;
}

/** A program that throws CommanderError instead of exiting and prints through `write` only. */
export function buildProgram(commands: readonly Command[], settings: ProgramSettings): Commander {
  const program = configure(new Commander('llmc'), settings, 'Options:');
  program
    .description('Make ONNX models small and fast: quantize, measure, report.')
    .version(settings.version, '-V, --version', 'print the version of llmc')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', '\nllmc <command> --help shows the options of a command, with examples.');
  for (const command of commands) program.addCommand(buildCommand(command, settings));
  return program;
}

function buildCommand(command: Command, settings: ProgramSettings): Commander {
  const { spec } = command;
  const built = configure(new Commander(spec.name), settings, 'Common options:');
  built.summary(spec.summary).description(`${spec.summary}.`);
  for (const [name, definition] of Object.entries(spec.operands)) {
    const inner = definition.many ? `${name}...` : name;
    built.argument(definition.required ? `<${inner}>` : `[${inner}]`, describe(definition));
  }
  addOptions(built, spec.options, 'Options:');
  addOptions(built, commonOptions, 'Common options:');
  built.addHelpText('after', () => examplesText(spec, settings.palette));
  built.action((...given: unknown[]) => settings.dispatch(command, given, built.opts()));
  return built;
}

/** "Examples:" with what each one does above it. */
export function examplesText(spec: CommandSpec, palette: Palette): string {
  const lines = spec.examples.flatMap(({ run, does }) => [`  ${palette.dim(`# ${does}`)}`, `  ${run}`]);
  return ['', palette.bold('Examples:'), ...lines].join('\n');
}

function addOptions(built: Commander, table: OptionTable, heading: string): void {
  for (const option of Object.values(table)) {
    option.forms.forEach((form, index) => {
      const last = index === option.forms.length - 1;
      const description = last
        ? `${form.description}${describe({ ...option, description: '' })}`
        : form.description;
      const made = new Option(form.flags, description).helpGroup(heading);
      if (option.repeatable && takesValue(form)) {
        made.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
      }
      built.addOption(made);
    });
  }
}

/** A description with its choices and its default. */
export function describe(
  item: { readonly description: string } & Partial<Pick<OptionDef<unknown>, 'choices' | 'shownDefault'>>,
): string {
  const facts = [
    ...(item.choices?.length ? [item.choices.join(', ')] : []),
    ...(item.shownDefault != null ? [`default: ${item.shownDefault}`] : []),
  ];
  return facts.length === 0 ? item.description : `${item.description} (${facts.join('; ')})`;
}

function configure(
  command: Commander,
  { palette, width, write }: ProgramSettings,
  helpGroup: string,
): Commander {
  return command
    .exitOverride()
    .allowExcessArguments(false)
    .addHelpOption(new Option('-h, --help', 'show this help').helpGroup(helpGroup))
    .configureOutput({
      writeOut: write,
      // Errors are thrown as CommanderError and rendered by main, so nothing is printed here.
      writeErr: () => {},
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
      getOutHasColors: () => true,
    })
    .configureHelp({
      subcommandTerm: (sub) => [sub.name(), ...sub.registeredArguments.map(argumentTerm)].join(' '),
      styleTitle: palette.bold,
      styleCommandText: palette.accent,
      styleSubcommandTerm: palette.accent,
      styleOptionTerm: palette.accent,
      styleArgumentTerm: palette.accent,
    });
}

function argumentTerm(argument: Argument): string {
  const inner = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${inner}>` : `[${inner}]`;
}
