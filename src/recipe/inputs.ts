/** What the result of a step depends on: its options with every file they name replaced by what is in it. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import type { HashIndex } from '../cache/hash-index.ts';
import { parseDataSpec } from '../data/open.ts';
import { filesOf } from '../data/spec-files.ts';
import { openModel } from '../onnx/read.ts';
import { attributeOf, type OptionDef, type OptionTable, type RawValues } from '../options/option.ts';

/** Options as they count for a key: texts, and digests of files. */
export type Inputs = Readonly<Record<string, unknown>>;

/** Null when it cannot be told, because code makes the rows. */
export async function inputsOf(
  table: OptionTable,
  given: RawValues,
  index: HashIndex,
): Promise<Inputs | null> {
  const found: Record<string, unknown> = {};
  for (const option of Object.values(table))
    for (const form of option.forms) {
      const name = attributeOf(form);
      const value = given[name];
      if (value === undefined || name in found) continue;
      const contents = await contentsOf(option, value, index);
      if (contents === null) return null;
      found[name] = contents;
    }
  return found;
}

async function contentsOf(
  { completes }: OptionDef<unknown>,
  value: unknown,
  index: HashIndex,
): Promise<unknown> {
  const all = (Array.isArray(value) ? value : [value]).map(String);
  if (completes === 'data') {
    const [text = ''] = all;
    return await dataDigest(text, index);
  }
  const isFile = (text: string): boolean =>
    completes === 'model' || completes === 'file' || (completes === 'module' && existsSync(text));
  const contents: unknown[] = [];
  for (const text of all)
    contents.push(
      !isFile(text) ? text : !existsSync(text) ? 'absent' : await fileDigest(text, completes, index),
    );
  return Array.isArray(value) ? contents : (contents[0] ?? value);
}

async function fileDigest(path: string, completes: string, index: HashIndex): Promise<string> {
  return completes === 'model' ? await modelDigest(path, index) : await index.digest(path);
}

/** Of the model file, and of its external data where it has some. */
export async function modelDigest(path: string, index: HashIndex): Promise<string> {
  const { externalFiles } = openModel(path);
  const digests: string[] = [];
  for (const file of [path, ...externalFiles]) digests.push(await index.digest(file));
  return digests.length === 1 ? (digests[0] as string) : sha256Of(digests);
}

/** Of the options of a data spec and of all its files; null when code makes the rows. */
export async function dataDigest(text: string, index: HashIndex): Promise<string | null> {
  const spec = parseDataSpec(text);
  const files = await filesOf(spec);
  if (files === null) return null;
  const contents: [name: string, digest: string][] = [];
  for (const file of files) contents.push([relative(spec.path, file), await index.digest(file)]);
  const named = new Set(files);
  // Where files and caches are says nothing about rows; what they hold is counted already.
  const options = [...spec.options].filter(
    ([key, value]) => !named.has(value) && key !== 'cache' && key !== 'cacheSize',
  );
  return sha256Of({ kind: spec.kind, options: options.sort(), contents });
}

/** SHA-256 of a value as JSON with sorted keys, hexadecimal. */
export function sha256Of(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** JSON whose keys are sorted, so that equal values are equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
