/** The text of a recipe, YAML or JSON, as values that know their lines and columns. */
import { readFileSync, statSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { LlmcError } from '../errors.ts';
import { type Located, type LocatedEntry, type Place, recipeError, type Scalar } from './located.ts';

/** A recipe is written by people. */
const LARGEST = 1 << 20;
const DEEPEST = 32;
const MOST_NODES = 20_000;

/** @throws LlmcError FILE_NOT_FOUND, RECIPE with the place of what cannot be read */
export function readDocument(path: string): Located {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info?.isFile())
    throw new LlmcError('FILE_NOT_FOUND', `there is no recipe ${path}`, {
      hint: info ? 'it is a folder; name the file in it' : 'llmc init model.onnx writes one to begin with',
    });
  if (info.size > LARGEST)
    throw new LlmcError('RECIPE', `${path} is larger than any recipe (${info.size} bytes)`, {
      hint: 'is it the right file? recipes are YAML or JSON',
    });
  return parseRecipeText(readFileSync(path, 'utf8'), path);
}

/** @param file how places name the text */
export function parseRecipeText(text: string, file: string): Located {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const [error] = document.errors;
  const reader = new Reader(document, lines, file);
  if (error)
    throw recipeError(
      reader.placeAt(error.pos[0]),
      error.message.replace(/\.$/, ''),
      'recipes are YAML or JSON; is the indentation right?',
    );
  return reader.read(document.contents, { file, line: 1, column: 1 }, 0);
}

class Reader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #file: string;
  #nodes = 0;

  constructor(document: Document, lines: LineCounter, file: string) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
  }

  placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** @param near the place of what has none, such as the value of `key:` with nothing behind it */
  read(node: unknown, near: Place, depth: number): Located {
    // Aliases of aliases make much of little.
    if (++this.#nodes > MOST_NODES)
      throw recipeError(near, 'this is longer than any recipe', 'use fewer aliases');
    if (depth > DEEPEST) throw recipeError(near, 'this is nested too deeply', 'recipes are flat');
    const place = isNode(node) && node.range ? this.placeAt(node.range[0]) : near;
    if (isAlias(node)) return this.read(node.resolve(this.#document), place, depth + 1);
    if (isScalar(node)) return { kind: 'scalar', value: scalarOf(node.value, place), place };
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => this.read(item, place, depth + 1)), place };
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node, place, depth), place };
    return { kind: 'scalar', value: null, place };
  }

  #entries({ items }: YAMLMap, place: Place, depth: number): Map<string, LocatedEntry> {
    const entries = new Map<string, LocatedEntry>();
    for (const { key, value } of items) {
      const at = isNode(key) && key.range ? this.placeAt(key.range[0]) : place;
      if (!isScalar(key) || typeof key.value === 'object')
        throw recipeError(at, 'a key must be a word', 'write key: value');
      entries.set(String(key.value), { key: at, value: this.read(value, at, depth + 1) });
    }
    return entries;
  }
}

function scalarOf(value: unknown, place: Place): Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  throw recipeError(place, `${String(value)} is neither text nor a number`, 'put it in quotes');
}
