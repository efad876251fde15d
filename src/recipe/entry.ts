/** One entry of a recipe: from keys and values to what the command line would have read. */
import { dirname, resolve } from 'node:path';
import { existingSpec } from '../data/spec-files.ts';
import { longFlag, type OptionDef, type RawValues, takesValue } from '../options/option.ts';
import { closest } from '../report/suggest.ts';
import { type StepEntry, stepNamed, steps } from '../steps/table.ts';
import { type Key, keysOf, REFUSED, rawName, turned } from './keys.ts';
import { at, type Located, type LocatedEntry, type Place, recipeError, type Scalar } from './located.ts';

export interface EntryPlan {
  readonly step: StepEntry;
  /** As the parser of the command line would have collected it, with paths from the folder of the recipe. */
  readonly given: RawValues;
  readonly place: Place;
  /** Where each raw value was written. */
  readonly places: ReadonlyMap<string, Place>;
}

/** @throws LlmcError RECIPE for steps, keys and values that there are not, with the place and the nearest name */
export function planEntry(located: Located): EntryPlan {
  const { name, place, options } = nameAndOptions(located);
  const step = stepNamed(name);
  if (!step) {
    const known = steps.map((each) => each.name);
    const guess = closest(name, known);
    throw recipeError(
      place,
      `there is no step "${name}"`,
      `${guess ? `did you mean ${guess}? ` : ''}steps: ${known.join(', ')}`,
    );
  }
  const keys = keysOf(step.options);
  const given: Record<string, unknown> = {};
  const places = new Map<string, Place>();
  for (const [spelling, entry] of options) {
    const key = keys.get(spelling);
    if (!key) throw unknownKey(spelling, entry, name, keys);
    const before = Object.keys(given).length;
    assign(given, key, spelling, entry, keys);
    if (Object.keys(given).length > before || rawName(key) in given)
      places.set(rawName(key), entry.value.place);
    at(entry.value.place, () => key.option.read(given));
  }
  return { step, given, place, places };
}

function nameAndOptions(located: Located): {
  name: string;
  place: Place;
  options: ReadonlyMap<string, LocatedEntry>;
} {
  const hint = 'write "- quantize: { scheme: int8 }"';
  if (located.kind === 'scalar' && typeof located.value === 'string')
    return { name: located.value, place: located.place, options: new Map() };
  if (located.kind !== 'map') throw recipeError(located.place, 'a step is a name with options', hint);
  const [first, second] = [...located.entries];
  if (!first) throw recipeError(located.place, 'a step is a name with options', hint);
  if (second)
    throw recipeError(
      second[1].key,
      `an entry is one step, and this one has "${first[0]}" and "${second[0]}"`,
      'begin each step with a dash; indent its options by two more',
    );
  const [name, { key, value }] = first;
  if (value.kind === 'map') return { name, place: key, options: value.entries };
  if (value.kind === 'scalar' && value.value === null) return { name, place: key, options: new Map() };
  throw recipeError(value.place, `the options of ${name} are keys with values`, hint);
}

function unknownKey(
  spelling: string,
  { key }: LocatedEntry,
  step: string,
  keys: ReadonlyMap<string, Key>,
): Error {
  const known = [...new Set([...keys.values()].map(({ name }) => name))].sort();
  const instead =
    REFUSED.get(spelling) ?? REFUSED.get(spelling.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
  if (instead !== undefined) return recipeError(key, `${spelling} is no option of a step`, instead);
  const guess = closest(spelling, [...keys.keys()]);
  return recipeError(
    key,
    `${step} has no option "${spelling}"`,
    guess === null
      ? `options: ${known.join(', ')}`
      : `did you mean ${keys.get(guess)?.name ?? guess}? llmc ${step} --help lists all`,
  );
}

function assign(
  given: Record<string, unknown>,
  key: Key,
  spelling: string,
  { value }: LocatedEntry,
  keys: ReadonlyMap<string, Key>,
): void {
  const { form, option } = key;
  const name = rawName(key);
  if (name in given)
    throw recipeError(value.place, `${longFlag(form).slice(2)} is given twice`, 'keep one of them');
  if (takesValue(form)) {
    const items = value.kind === 'list' ? value.items : [value];
    if (value.kind === 'map') given[name] = pairsOf(value, option);
    else if (option.repeatable) given[name] = items.map((item) => textOf(item, option));
    else given[name] = items.map((item) => textOf(item, option)).join(',');
    return;
  }
  if (value.kind !== 'scalar' || typeof value.value !== 'boolean')
    throw recipeError(value.place, `${spelling} is either true or false`, `write ${spelling}: true`);
  const on = turned(key, spelling) ? !value.value : value.value;
  if (on) given[name] = !key.name.startsWith('no-');
  else declineFlag(given, key, keys);
}

/** `per-channel: false` is `per-tensor: true`; of a lone flag, false is what it is without. */
function declineFlag(given: Record<string, unknown>, key: Key, keys: ReadonlyMap<string, Key>): void {
  const other = key.option.forms.find((form) => form !== key.form);
  const twin = other && keys.get(longFlag(other).slice(2));
  if (!twin) return;
  given[rawName(twin)] = rawName(twin) !== rawName(key) || key.name.startsWith('no-');
}

/** `dim: { batch: 4 }`. */
function pairsOf(value: Extract<Located, { kind: 'map' }>, option: OptionDef<unknown>): readonly string[] {
  if (!option.repeatable)
    throw recipeError(value.place, 'this is a single value', 'write a text or a number');
  return [...value.entries].map(([name, entry]) => `${name}=${textOf(entry.value, option)}`);
}

function textOf(value: Located, { completes }: OptionDef<unknown>): string {
  if (value.kind !== 'scalar')
    throw recipeError(value.place, `a ${value.kind} is no value`, 'write a text or a number');
  const text = scalarText(value.value, value.place);
  const folder = resolve(dirname(value.place.file));
  if (completes === 'data') return at(value.place, () => existingSpec(folder, text));
  const isPath = completes === 'model' || completes === 'file' || completes === 'directory';
  return isPath || (completes === 'module' && /^\.\.?[\\/]/.test(text)) ? resolve(folder, text) : text;
}

function scalarText(value: Scalar, place: Place): string {
  if (value !== null && typeof value !== 'boolean') return String(value);
  throw recipeError(
    place,
    `${value === null ? 'nothing' : value} is no value here`,
    'write a text or a number',
  );
}
