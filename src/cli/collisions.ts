/** Files that a command would read and write at once, or write twice: refused before the work begins. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LlmcError } from '../errors.ts';
import { longFlag, type OptionDef, shortFlag } from '../options/option.ts';
import type { CommandSpec } from './command.ts';

interface Named {
  /** How the user called it: `--data`, `-o`. */
  readonly role: string;
  readonly path: string;
}

/**
 * @param operands values by name
 * @param options typed values by name
 * @param reports the files of --report
 * @throws LlmcError FILE_EXISTS for a file that is read, USAGE for one that would be written twice
 */
export async function refuseCollisions(
  spec: CommandSpec,
  operands: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
  reports: readonly string[],
): Promise<void> {
  const named = (value: unknown): string[] =>
    (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');
  const entries = Object.entries(spec.options).flatMap(([key, option]) =>
    named(options[key]).map((value) => ({ option, value, role: roleOf(option) })),
  );
  const outputs: Named[] = [
    ...entries.filter(({ option }) => option.writes).map(({ role, value }) => ({ role, path: value })),
    ...reports.map((path) => ({ role: '--report', path })),
  ];
  if (outputs.length === 0) return;
  const inputs: Named[] = Object.entries(spec.operands).flatMap(([key, { completes }]) =>
    completes === 'none' ? [] : named(operands[key]).map((path) => ({ role: key, path })),
  );
  for (const { option, value, role } of entries)
    if (option.completes === 'data')
      for (const path of (await import('../data/spec-files.ts')).pathsNamedBy(value))
        inputs.push({ role, path });
    else if (!option.writes && option.completes === 'model') inputs.push({ role, path: value });
  for (const [at, output] of outputs.entries()) {
    const place = placeOf(output.path);
    const read = inputs.find(({ path }) => placeOf(path) === place);
    if (read && existsSync(output.path)) {
      const what = read.role.startsWith('-') ? `what ${read.role} reads` : 'the input';
      throw new LlmcError('FILE_EXISTS', `${output.path} is ${what}; llmc never overwrites it`, {
        hint: `choose another name with ${output.role}`,
      });
    }
    const twin = outputs.slice(0, at).find(({ path }) => placeOf(path) === place);
    if (twin)
      throw new LlmcError('USAGE', `${twin.role} and ${output.role} would both write ${output.path}`, {
        hint: 'give them different names',
      });
  }
}

function roleOf({ forms: [form] }: OptionDef<unknown>): string {
  if (!form) return '';
  return shortFlag(form) ?? longFlag(form);
}

/** The same for all names of a file, whether it is there or not. */
function placeOf(path: string): string {
  const whole = resolve(path);
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat?.isFile()) return `${stat.dev}:${stat.ino}`;
    return join(realpathSync(dirname(whole)), basename(whole));
  } catch {
    // A folder that is not there, or no path at all: whoever opens it says so.
    return whole;
  }
}
