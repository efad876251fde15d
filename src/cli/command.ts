/** What a command is: its operands, options and examples as data, and its handler loaded only when it runs. */
import { LlmcError } from '../errors.ts';
import {
  type Completes,
  type OptionTable,
  type OptionValues,
  type RawValues,
  readOptions,
} from '../options/option.ts';
import type { CommandIo } from './io.ts';

/** A positional argument; `T` is `string` for one, `readonly string[]` for a tail of many. */
export interface OperandDef<T extends string | readonly string[]> {
  readonly description: string;
  readonly completes: Completes;
  readonly choices: readonly string[];
  readonly many: boolean;
  /** Of a tail: at least one must be given. */
  readonly required: boolean;
  read(given: unknown): T;
}

export type OperandTable = Readonly<Record<string, OperandDef<string | readonly string[]>>>;
export type OperandValues<A extends OperandTable> = {
  readonly [K in keyof A]: A[K] extends OperandDef<infer T> ? T : never;
};

export interface Example {
  readonly run: string;
  readonly does: string;
}

/** Everything help, docs and completion know about a command. Operands are in the order of their keys. */
export interface CommandSpec<A extends OperandTable = OperandTable, O extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line in the list of commands. */
  readonly summary: string;
  readonly operands: A;
  readonly options: O;
  readonly examples: readonly Example[];
  /** True when the command ends in a report, so that --report and --require mean something. */
  readonly reports: boolean;
}

/** What a handler is called with: operands and options by name, typed by the command's tables. */
export interface Invocation<S extends CommandSpec> {
  readonly operands: OperandValues<S['operands']>;
  readonly options: OptionValues<S['options']>;
  /** The options as they were typed, the common ones, too. */
  readonly given: RawValues;
}

/** The `run` export of a file in commands/; resolves to an exit code. */
export type Handler<S extends CommandSpec> = (call: Invocation<S>, io: CommandIo) => Promise<number>;

/** An entry of the command table, with its types closed over. */
export interface Command {
  readonly spec: CommandSpec;
  /** Parses what was given (LlmcError USAGE) and returns what runs it. */
  prepare(operands: readonly unknown[], raw: RawValues): (io: CommandIo) => Promise<number>;
}

/** Joins a spec with the file that implements it. */
export function defineCommand<const S extends CommandSpec>(
  spec: S,
  load: () => Promise<{ readonly run: Handler<S> }>,
): Command {
  return {
    spec,
    prepare: (given, raw) => {
      const call = {
        operands: readOperands(spec.operands, given),
        options: readOptions(spec.options, raw),
        given: raw,
      } as Invocation<S>;
      return async (io) => {
        const { refuseCollisions } = await import('./collisions.ts');
        await refuseCollisions(spec, call.operands, call.options, io.common.report);
        return (await load()).run(call, io);
      };
    },
  };
}

/** One required argument. */
export function operand(
  description: string,
  completes: Completes,
  choices: readonly string[] = [],
): OperandDef<string> {
  const read = (given: unknown): string => {
    const text = String(given);
    if (choices.length > 0 && !choices.includes(text)) {
      throw new LlmcError('USAGE', `"${text}" is not known here`, { hint: `choices: ${choices.join(', ')}` });
    }
    return text;
  };
  return { description, completes, choices, many: false, required: true, read };
}

/** All arguments that remain. */
export function operands(
  description: string,
  completes: Completes,
  required: boolean,
): OperandDef<readonly string[]> {
  const read = (given: unknown) => (Array.isArray(given) ? given.map(String) : []);
  return { description, completes, choices: [], many: true, required, read };
}

function readOperands(table: OperandTable, given: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(table).map(([name, definition], index) => [name, definition.read(given[index])]),
  );
}
