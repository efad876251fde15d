/** `extends`: a recipe that changes parts of others. */
import { dirname, resolve } from 'node:path';
import { parseRecipeText, readDocument } from './document.ts';
import { type Located, type LocatedEntry, placed, recipeError } from './located.ts';

/** Keys whose values are merged key by key; everything else is replaced. */
const MERGED = new Set(['vars', 'data']);
const DEEPEST = 16;
/** How messages call what is no file. */
const UNWRITTEN = 'recipe';

/** The recipe of a file with everything it extends; later files win, the file itself last. */
export function readExtended(path: string, trail: readonly string[] = []): Located {
  return extended(readDocument(path), path, trail);
}

/**
 * A recipe that is no file with everything it extends; paths in it start from the current folder, and places in
 * messages are those of its JSON text.
 */
export function extendedObject(recipe: object): Located {
  return extended(parseRecipeText(JSON.stringify(recipe, null, 2), UNWRITTEN), UNWRITTEN, []);
}

function extended(own: Located, path: string, trail: readonly string[]): Located {
  if (own.kind !== 'map')
    throw recipeError(
      own.place,
      'a recipe is keys with values',
      'begin with version: 1, model: model.onnx, steps:',
    );
  const here = [...trail, resolve(path)];
  let merged: ReadonlyMap<string, LocatedEntry> = new Map();
  for (const base of basesOf(own)) {
    const target = resolve(dirname(path), base.text);
    if (here.includes(target)) {
      const circle = [...here.slice(here.indexOf(target)), target].map((file) => file.split(/[\\/]/).at(-1));
      throw recipeError(
        base.located.place,
        `extends goes in a circle: ${circle.join(' > ')}`,
        'let one of them stand alone',
      );
    }
    if (here.length >= DEEPEST)
      throw recipeError(base.located.place, 'recipes extend each other too deeply', 'join some of them');
    try {
      const read = readExtended(target, here);
      if (read.kind === 'map') merged = merge(merged, read.entries);
    } catch (error) {
      throw placed(base.located.place, error);
    }
  }
  const entries = new Map(merge(merged, own.entries));
  entries.delete('extends');
  return { ...own, entries };
}

function basesOf(own: Extract<Located, { kind: 'map' }>): { text: string; located: Located }[] {
  const found = own.entries.get('extends')?.value;
  const all = !found ? [] : found.kind === 'list' ? found.items : [found];
  return all.map((located) => {
    if (located.kind === 'scalar' && typeof located.value === 'string')
      return { text: located.value, located };
    throw recipeError(located.place, 'extends names recipes', 'extends: base.yaml, or a list of files');
  });
}

function merge(
  base: ReadonlyMap<string, LocatedEntry>,
  own: ReadonlyMap<string, LocatedEntry>,
): ReadonlyMap<string, LocatedEntry> {
  const result = new Map(base);
  for (const [key, entry] of own) {
    const before = result.get(key)?.value;
    const both = MERGED.has(key) && before?.kind === 'map' && entry.value.kind === 'map';
    const value: Located =
      both && entry.value.kind === 'map'
        ? { ...entry.value, entries: merge(before.entries, entry.value.entries) }
        : entry.value;
    result.set(key, { ...entry, value });
  }
  return result;
}
