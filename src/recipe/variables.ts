/** `${name}` in a recipe: values said once, and from the command line. */
import { closest } from '../report/suggest.ts';
import { type Located, type LocatedEntry, recipeError, type Scalar } from './located.ts';

const USE = /\$\{([^}]*)\}/g;
const NAME = /^[A-Za-z_][\w-]*$/;

export type Variables = ReadonlyMap<string, Scalar>;

/** The recipe with every `${name}` replaced; a text that is nothing else keeps the type of the value. */
export function expand(located: Located, variables: Variables): Located {
  if (located.kind === 'list')
    return { ...located, items: located.items.map((item) => expand(item, variables)) };
  if (located.kind === 'map') {
    const entries = [...located.entries].map(([key, { key: place, value }]): [string, LocatedEntry] => [
      key,
      { key: place, value: expand(value, variables) },
    ]);
    return { ...located, entries: new Map(entries) };
  }
  const { value, place } = located;
  if (typeof value !== 'string' || !value.includes('${')) return located;
  const look = (name: string): Scalar => {
    const found = variables.get(name.trim());
    if (found !== undefined) return found;
    const guess = closest(name.trim(), [...variables.keys()]);
    throw recipeError(
      place,
      `there is no variable "${name}"`,
      guess === null ? 'say it under vars:, or with --set name=value' : `did you mean \${${guess}}?`,
    );
  };
  const whole = /^\$\{([^}]*)\}$/.exec(value);
  if (whole) return { ...located, value: look(whole[1] ?? '') };
  return { ...located, value: value.replace(USE, (_, name: string) => String(look(name))) };
}

/** The variables of a recipe; those of `given` win. @throws LlmcError RECIPE for names and values that are none */
export function variablesOf(root: Located, given: ReadonlyMap<string, string>): Variables {
  const found = new Map<string, Scalar>();
  const vars = root.kind === 'map' ? root.entries.get('vars')?.value : undefined;
  if (vars && vars.kind !== 'map')
    throw recipeError(vars.place, 'vars are names with values', 'vars: { sparsity: 0.4 }');
  for (const [name, { key, value }] of vars?.entries ?? []) {
    if (!NAME.test(name))
      throw recipeError(key, `"${name}" cannot be the name of a variable`, 'use letters, digits, _ and -');
    if (value.kind !== 'scalar')
      throw recipeError(value.place, `variable ${name} is no single value`, 'write a text or a number');
    found.set(name, value.value);
  }
  for (const [name, text] of given) {
    if (!found.has(name) && !uses(root, name)) throw unused(root, name, [...found.keys()]);
    found.set(name, text);
  }
  return found;
}

function uses(located: Located, name: string): boolean {
  if (located.kind === 'list') return located.items.some((item) => uses(item, name));
  if (located.kind === 'map') return [...located.entries.values()].some(({ value }) => uses(value, name));
  return (
    typeof located.value === 'string' &&
    [...located.value.matchAll(USE)].some(([, used = '']) => used.trim() === name)
  );
}

function unused(root: Located, name: string, known: readonly string[]) {
  const guess = closest(name, known);
  return recipeError(
    root.place,
    `the recipe has no variable ${name}`,
    guess === null ? `variables: ${known.join(', ') || 'none'}` : `did you mean --set ${guess}=...?`,
  );
}
