/** Values that know where they were written: what recipes are until they have been checked. */
import { LlmcError } from '../errors.ts';

/** One place in one file; lines and columns from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Scalar = string | number | boolean | null;

export type Located =
  | { readonly kind: 'scalar'; readonly value: Scalar; readonly place: Place }
  | { readonly kind: 'list'; readonly items: readonly Located[]; readonly place: Place }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, LocatedEntry>; readonly place: Place };

export interface LocatedEntry {
  /** Where the key is. */
  readonly key: Place;
  readonly value: Located;
}

export type Plain = Scalar | readonly Plain[] | { readonly [key: string]: Plain };

/** The same without places. */
export function plain(located: Located): Plain {
  if (located.kind === 'scalar') return located.value;
  if (located.kind === 'list') return located.items.map(plain);
  return Object.fromEntries([...located.entries].map(([key, { value }]) => [key, plain(value)]));
}

/** What is at a path, or the nearest thing around it that was written down. */
export function locate(root: Located, path: readonly PropertyKey[]): Located {
  let current = root;
  for (const part of path) {
    const next =
      current.kind === 'map'
        ? current.entries.get(String(part))?.value
        : current.kind === 'list'
          ? current.items[Number(part)]
          : undefined;
    if (!next) return current;
    current = next;
  }
  return current;
}

/** An error about a place in a recipe. */
export function recipeError({ file, line, column }: Place, message: string, hint: string): LlmcError {
  return new LlmcError('RECIPE', `${file}:${line}:${column}: ${message}`, { hint });
}

/** Runs `work`; errors that know no place get this one. */
export function at<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw placed(place, error);
  }
}

/** The error with the place in front, unless it has one or is no expected one. */
export function placed({ file, line, column }: Place, error: unknown): unknown {
  if (!(error instanceof LlmcError) || error.code === 'RECIPE' || error.code === 'INTERRUPTED') return error;
  const { code, message, hint, exitCode, cause } = error;
  return new LlmcError(code, `${file}:${line}:${column}: ${message}`, { hint, exitCode, cause });
}
