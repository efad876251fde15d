/** Declarative options: what a flag is called, what it means and how its text becomes a typed value. */

/** What the values of an option or argument name, and complete to in a shell; `data` is a data spec, `module` a name or a path. */
export type Completes = 'model' | 'file' | 'directory' | 'data' | 'module' | 'none';

/** A value of an option as JSON Schema describes it. */
export type ValueShape =
  | { readonly type: 'string' }
  | { readonly type: 'number' | 'integer'; readonly minimum?: number; readonly maximum?: number }
  /** Numbers that may have a unit. */
  | { readonly type: readonly ['string', 'number'] };

/** One spelling: `flags` in commander's notation, e.g. `-o, --output <file>`. */
export interface Form {
  readonly flags: string;
  readonly description: string;
}

/** Texts as the parser collected them, by attribute name (`--block-size` is `blockSize`). */
export type RawValues = Readonly<Record<string, unknown>>;

/** An option whose typed value is `T`; `read` throws LlmcError USAGE on an impossible text. */
export interface OptionDef<T> {
  /** One entry, or two for a pair such as `--symmetric` and `--no-symmetric`. */
  readonly forms: readonly Form[];
  readonly repeatable: boolean;
  readonly choices: readonly string[];
  /** The default as help shows it; null when nothing is the default. */
  readonly shownDefault: string | null;
  readonly completes: Completes;
  /** The value names a file that is written. */
  readonly writes?: boolean;
  /** What a recipe may write; forms without a value are booleans there. */
  readonly shape: ValueShape;
  read(raw: RawValues): T;
}

export type OptionTable = Readonly<Record<string, OptionDef<unknown>>>;

/** The values a handler receives for a table of options. */
export type OptionValues<O extends OptionTable> = {
  readonly [K in keyof O]: O[K] extends OptionDef<infer T> ? T : never;
};

/** The long flag of a form: `--block-size` of `-b, --block-size <n>`. */
export function longFlag(form: Form): string {
  return /--[\w-]+/.exec(form.flags)?.[0] ?? form.flags;
}

/** `-o` of `-o, --output <file>`, or null. */
export function shortFlag(form: Form): string | null {
  return /(?:^|[\s,])(-\w)(?=[\s,]|$)/.exec(form.flags)?.[1] ?? null;
}

/** True when the form is followed by a value. */
export function takesValue(form: Form): boolean {
  return form.flags.includes('<');
}

/** The name under which the parser keeps a form's value; `--no-memory` shares the name of `--memory`. */
export function attributeOf(form: Form): string {
  return longFlag(form)
    .replace(/^--(no-)?/, '')
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The typed values of a whole table. */
export function readOptions<O extends OptionTable>(table: O, raw: RawValues): OptionValues<O> {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(table)) values[key] = option.read(raw);
  return values as OptionValues<O>;
}
