/** The keys an entry of a recipe may have: the long flags of its command, with or without dashes inside. */
import {
  attributeOf,
  type Form,
  longFlag,
  type OptionDef,
  type OptionTable,
  takesValue,
} from '../options/option.ts';

export interface Key {
  readonly name: string;
  readonly form: Form;
  /** The key of the option in its table. */
  readonly attribute: string;
  readonly option: OptionDef<unknown>;
}

/** Flags that mean nothing to a step of a recipe, and what there is instead. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ['dry-run', 'llmc run --dry-run shows what a recipe would do'],
  ['checkpoint', 'an interrupted recipe goes on by itself: run it again'],
  ['resume', 'an interrupted recipe goes on by itself: run it again'],
]);

/** Keys by name; `block-size` is `blockSize`, too, and what has a `no-` form has one without. */
export function keysOf(table: OptionTable): Map<string, Key> {
  const keys = new Map<string, Key>();
  for (const [attribute, option] of Object.entries(table))
    for (const form of option.forms) {
      const name = longFlag(form).slice(2);
      if (REFUSED.has(name)) continue;
      const key = { name, form, attribute, option };
      const bare = name.replace(/^no-/, '');
      for (const spelling of [name, camel(name), ...(takesValue(form) ? [] : [bare, camel(bare)])])
        if (!keys.has(spelling) || spelling === name) keys.set(spelling, key);
    }
  return keys;
}

/** True when the key of a switch was written without the `no-` its flag has. */
export function turned({ name, form }: Key, spelling: string): boolean {
  return !takesValue(form) && name.startsWith('no-') && !/^no[-A-Z]/.test(spelling);
}

/** The name under which the parser keeps what is given. */
export function rawName({ form }: Key): string {
  return attributeOf(form);
}

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
