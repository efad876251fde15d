/** Options as a program gives them: values by name instead of texts behind flags. */
import { LlmcError } from '../errors.ts';
import { closest } from '../report/suggest.ts';
import { attributeOf, type OptionDef, type OptionTable, type RawValues, takesValue } from './option.ts';

/** What stands for a value of type `T`: the value itself, or the text the command line takes. */
type Given<T> = [T] extends [boolean]
  ? boolean
  : [T] extends [readonly unknown[]]
    ? string | number | readonly (string | number)[]
    : [T] extends [string]
      ? T
      : [T] extends [number]
        ? number | string
        : string | number | Readonly<Record<string, number>>;

/** Values for the options of a table; all may be left out. */
export type GivenOptions<O extends OptionTable> = {
  readonly [K in keyof O]?: O[K] extends OptionDef<infer T>
    ? unknown extends T
      ? unknown
      : Given<NonNullable<T>> | undefined
    : never;
};

/**
 * As the parser of the command line would have collected them.
 * @throws LlmcError USAGE for names that the table does not have, with the nearest one
 */
export function rawValues<O extends OptionTable>(table: O, given: GivenOptions<O>): RawValues {
  const raw: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const option = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!option) throw unknown(name, table);
    assign(raw, option, value);
  }
  return raw;
}

function assign(raw: Record<string, unknown>, { forms, repeatable }: OptionDef<unknown>, value: unknown) {
  const [first, second] = forms;
  if (!first) return;
  const name = attributeOf(first);
  if (!takesValue(first)) {
    const other = second && attributeOf(second);
    if (other === undefined || other === name) raw[name] = value;
    else raw[value === true ? name : other] = true;
    return;
  }
  const texts = textsOf(value);
  raw[name] = repeatable ? texts : texts.join(',');
}

/** `{ batch: 4 }` is `batch=4`. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Object.entries(value).map(([key, item]) => `${key}=${item}`);
}

function unknown(name: string, table: OptionTable): LlmcError {
  const known = Object.keys(table);
  const guess = closest(name, known);
  return new LlmcError('USAGE', `there is no option "${name}"`, {
    hint: `${guess === null ? '' : `did you mean ${guess}? `}options: ${known.join(', ')}`,
  });
}
