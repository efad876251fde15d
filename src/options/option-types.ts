/** Constructors for the kinds of options llmc has: flags, choices, numbers, sizes, lists. */
import { LlmcError } from '../errors.ts';
import { closest } from '../report/suggest.ts';
import { parseSize } from '../report/units.ts';
import {
  attributeOf,
  type Completes,
  type Form,
  longFlag,
  type OptionDef,
  type RawValues,
  type ValueShape,
} from './option.ts';

interface Defaults<F> {
  readonly fallback?: F;
  /** How help prints the default when the plain value would not be clear. */
  readonly shown?: string;
}

/** `--strip`: false unless given. */
export function flag(flags: string, description: string): OptionDef<boolean> {
  return single({ flags, description }, (given) => given === true);
}

/** `--no-memory`: true unless given. */
export function switchOff(flags: string, description: string): OptionDef<boolean> {
  return single({ flags, description }, (given) => given !== false);
}

/** `--symmetric` and `--no-symmetric`: undefined unless one is given; both at once is an error for distinct names. */
export function pair(on: Form, off: Form): OptionDef<boolean | undefined> {
  const [yes, no] = [attributeOf(on), attributeOf(off)];
  const read = (raw: RawValues): boolean | undefined => {
    if (yes === no) return typeof raw[yes] === 'boolean' ? raw[yes] : undefined;
    if (raw[yes] === true && raw[no] === true) {
      throw usage(`${longFlag(on)} and ${longFlag(off)} contradict each other`, 'give one of them');
    }
    return raw[yes] === true ? true : raw[no] === true ? false : undefined;
  };
  return { ...BARE, forms: [on, off], read };
}

/** Any text, e.g. a path. */
export function text<F extends string | undefined = undefined>(
  flags: string,
  description: string,
  init: Defaults<F> & { readonly completes?: Completes; readonly writes?: true } = {},
): OptionDef<string | F> {
  const shape = { type: 'string' } as const;
  const { completes = 'none', writes = false } = init;
  return value(flags, description, init, (given) => given, { completes, writes, shape });
}

/** A text without which the command cannot run. */
export function requiredText(
  flags: string,
  description: string,
  completes: Completes,
  writes = false,
): OptionDef<string> {
  const form = { flags, description };
  const read = (raw: RawValues): string => {
    const given = raw[attributeOf(form)];
    if (typeof given === 'string') return given;
    throw usage(`${longFlag(form)} is missing`, `give ${flags}: ${description}`);
  };
  return { ...BARE, completes, writes, forms: [form], read };
}

/** One of a few numbers. */
export function oneOf<const N extends number, F extends N | undefined = undefined>(
  flags: string,
  description: string,
  numbers: readonly N[],
  init: Defaults<F> = {},
): OptionDef<N | F> {
  const choices = numbers.map(String);
  const parse = (given: string, name: string) => numbers[choices.indexOf(pick(given, name, choices))] as N;
  return value(flags, description, init, parse, { choices, shape: { type: 'integer' } });
}

/** One of `choices`; upper or lower case is the same. */
export function choice<const C extends string, F extends C | undefined = undefined>(
  flags: string,
  description: string,
  choices: readonly C[],
  init: Defaults<F> = {},
): OptionDef<C | F> {
  const parse = (given: string, name: string) => pick(given, name, choices);
  return value(flags, description, init, parse, { choices, shape: { type: 'string' } });
}

/** One of `choices`, or what `also` takes: a choice may stand for a form, such as `N:M`. */
export function choiceOr<F extends string | undefined = undefined>(
  flags: string,
  description: string,
  choices: readonly string[],
  also: (given: string) => boolean,
  init: Defaults<F> = {},
): OptionDef<string | F> {
  const parse = (given: string, name: string) => (also(given) ? given : pick(given, name, choices));
  return value(flags, description, init, parse, { choices });
}

function pick<C extends string>(given: string, name: string, choices: readonly C[]): C {
  const found = choices.find((candidate) => candidate.toLowerCase() === given.toLowerCase());
  if (found !== undefined) return found;
  const guess = closest(given, choices);
  const hint = guess === null ? '' : `did you mean ${guess}? `;
  throw usage(`${name} "${given}" is not known`, `${hint}choices: ${choices.join(', ')}`);
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number within a range. */
export function integer<F extends number | undefined = undefined>(
  flags: string,
  description: string,
  init: Defaults<F> & Range = {},
): OptionDef<number | F> {
  const parse = (given: string, name: string) => inRange(given, name, /^[+-]?\d+$/, 'a whole number', init);
  return value(flags, description, init, parse, { shape: { type: 'integer', ...limitsOf(init) } });
}

/** Whole numbers from 1 with commas between them, `1,2,4`: ascending, each once; undefined unless given. */
export function integers(flags: string, description: string): OptionDef<readonly number[] | undefined> {
  const parse = (given: string, name: string): readonly number[] => {
    const numbers = given
      .split(',')
      .map((part) => (/^\s*[1-9]\d{0,5}\s*$/.test(part) ? Number(part) : Number.NaN));
    if (numbers.some(Number.isNaN))
      throw usage(`${name} "${given}" is not a list of whole numbers from 1`, `write ${name} 1,2,4`);
    return [...new Set(numbers)].sort((a, b) => a - b);
  };
  return value(flags, description, {}, parse);
}

/** A number within a range. */
export function real<F extends number | undefined = undefined>(
  flags: string,
  description: string,
  init: Defaults<F> & Range = {},
): OptionDef<number | F> {
  const parse = (given: string, name: string) =>
    inRange(given, name, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'a number', init);
  return value(flags, description, init, parse, { shape: { type: 'number', ...limitsOf(init) } });
}

function limitsOf({ min, max }: Range) {
  return { ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) };
}

function inRange(given: string, name: string, form: RegExp, noun: string, { min, max }: Range): number {
  const number = form.test(given) ? Number(given) : Number.NaN;
  const low = min ?? -Infinity;
  const high = max ?? Infinity;
  if (number >= low && number <= high) return number;
  const limits =
    max === undefined ? (min === undefined ? '' : ` of at least ${min}`) : ` from ${min ?? '-∞'} to ${max}`;
  throw usage(`${name} "${given}" is not ${noun}${limits}`, `give ${noun}${limits}`);
}

/** Bytes, written `4KiB`, `25MB` or as a plain number. */
export function size<F extends number | undefined = undefined>(
  flags: string,
  description: string,
  init: Defaults<F> = {},
): OptionDef<number | F> {
  const parse = (given: string, name: string): number => {
    const bytes = parseSize(given);
    if (bytes === null || bytes <= 0) {
      throw usage(`${name} "${given}" is not a size`, 'write a number with a unit: 64KiB, 500MB, 2GB');
    }
    return bytes;
  };
  return value(flags, description, init, parse);
}

/** May be given several times; every text is kept in order. */
export function list(
  flags: string,
  description: string,
  completes: Completes = 'none',
): OptionDef<readonly string[]> {
  return {
    ...BARE,
    forms: [{ flags, description }],
    repeatable: true,
    completes,
    read: (raw) => texts(raw[attributeOf({ flags, description })]),
  };
}

/** `--dim batch=4`, repeatable: sizes of symbolic dimensions by name. */
export function dimensions(flags: string, description: string): OptionDef<Readonly<Record<string, number>>> {
  const given = list(flags, description);
  const name = longFlag({ flags, description });
  const read = (raw: RawValues) => {
    const entries = given.read(raw).map((pairText): [string, number] => {
      const match = /^(.+)=(\d+)$/.exec(pairText);
      const extent = Number(match?.[2]);
      if (!match || !Number.isSafeInteger(extent) || extent < 1) {
        throw usage(
          `${name} "${pairText}" is not name=size`,
          `write ${name} batch=4, with a whole number from 1`,
        );
      }
      return [match[1] ?? '', extent];
    });
    const twice = entries.find(([key], at) => entries.findIndex(([other]) => other === key) !== at);
    if (twice) throw usage(`${name} gives "${twice[0]}" two sizes`, 'give one of them');
    return Object.fromEntries(entries);
  };
  return { ...given, read };
}

/** A value of a form of one's own; `parse` receives the text and the flag's name for its message. */
export function value<T, F>(
  flags: string,
  description: string,
  init: Defaults<F>,
  parse: (given: string, name: string) => T,
  extra: Partial<Pick<OptionDef<T>, 'choices' | 'completes' | 'shape' | 'writes'>> = {},
): OptionDef<T | F> {
  const form = { flags, description };
  const fallback = init.fallback;
  return {
    ...BARE,
    shape: ANY,
    ...extra,
    forms: [form],
    shownDefault: init.shown ?? (fallback === undefined ? null : String(fallback)),
    read: (raw) => {
      const given = raw[attributeOf(form)];
      return typeof given === 'string' ? parse(given, longFlag(form)) : (fallback as F);
    },
  };
}

const ANY: ValueShape = { type: ['string', 'number'] };
const BARE = {
  repeatable: false,
  choices: [],
  shownDefault: null,
  completes: 'none',
  shape: { type: 'string' },
} as const;

function single(form: Form, interpret: (given: unknown) => boolean): OptionDef<boolean> {
  return { ...BARE, forms: [form], read: (raw) => interpret(raw[attributeOf(form)]) };
}

function texts(given: unknown): readonly string[] {
  return Array.isArray(given) ? given.map(String) : [];
}

function usage(message: string, hint: string): LlmcError {
  return new LlmcError('USAGE', message, { hint });
}
