/** The files behind a data spec: where they are seen from another folder, and which ones there are. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LlmcError } from '../errors.ts';
import { dataKinds, parseDataSpec } from './open.ts';
import { type DataSpec, encodeValue, type KindInfo } from './spec.ts';

/** The same spec with paths that start from `folder`. LlmcError DATA for a spec that cannot be read. */
export function specFrom(folder: string, text: string): string {
  // What kind of data a folder holds can only be seen from the right place.
  const anchored = parseDataSpec(anchor(folder, text));
  const { path, options, kind } = anchored;
  const info = kindOf(anchored);
  const places = new Set([...(info.files ?? []), ...(info.caches ?? [])]);
  const rest = [...options].map(
    ([key, value]) => `${key}=${encodeValue(places.has(key) ? resolve(folder, value) : value)}`,
  );
  const head = info.needsPath ? `${kind}:${path}` : kind;
  return rest.length === 0 ? head : `${head}?${rest.join('&')}`;
}

/** The same; LlmcError FILE_NOT_FOUND when there is nothing at the path. */
export function existingSpec(folder: string, text: string): string {
  const spec = specFrom(folder, text);
  const { path, options, kind } = parseDataSpec(spec);
  const info = dataKinds.find((each) => each.kind === kind);
  const named = (info?.files ?? []).flatMap((key) => options.get(key) ?? []);
  const missing = [path, ...named].find((each) => each !== '' && !each.includes('*') && !existsSync(each));
  if (missing === undefined) return spec;
  throw new LlmcError('FILE_NOT_FOUND', `there is no data ${missing}`, {
    hint: 'paths in a recipe start from its folder',
  });
}

function anchor(folder: string, text: string): string {
  const question = text.indexOf('?');
  const head = question < 0 ? text : text.slice(0, question);
  const query = question < 0 ? '' : text.slice(question);
  const [, kind = '', path = head] = /^([A-Za-z][\w-]+:)?(.*)$/s.exec(head) ?? [];
  const pathless = dataKinds.some((info) => !info.needsPath && info.kind === head);
  // Trailing slashes say "a folder".
  const ending = /[/\\]$/.test(path) ? '/' : '';
  return pathless || path === '' ? text : `${kind}${resolve(folder, path)}${ending}${query}`;
}

function kindOf(spec: DataSpec): KindInfo {
  const found = dataKinds.find(({ kind }) => kind === spec.kind);
  if (!found) throw new Error(`a parsed spec is of a known kind: ${spec.kind}`);
  return found;
}

/** The paths that a data spec names, whatever is there; none of one that cannot be read. */
export function pathsNamedBy(text: string): readonly string[] {
  try {
    const spec = parseDataSpec(text);
    const info = kindOf(spec);
    const named = (info.files ?? []).flatMap((key) => spec.options.get(key) ?? []);
    return info.needsPath || spec.kind === 'module' ? [spec.path, ...named] : named;
  } catch (error) {
    if (error instanceof LlmcError) return [];
    throw error;
  }
}

/**
 * Every file whose content decides what rows there are, sorted; null where that cannot be told, because code makes the
 * rows. What does not exist is left out.
 */
export async function filesOf(spec: DataSpec): Promise<readonly string[] | null> {
  if (spec.kind === 'module') return null;
  const info = kindOf(spec);
  if (!info.needsPath) return [];
  const named = (info.files ?? []).flatMap((key) => spec.options.get(key) ?? []);
  const found: string[] = [];
  for (const path of [...(await expanded(spec.path)), ...named]) found.push(...(await below(path)));
  return [...new Set(found)].sort();
}

/** The entries a last part with stars stands for. */
async function expanded(path: string): Promise<string[]> {
  const pattern = basename(path);
  if (!pattern.includes('*')) return [path];
  const folder = dirname(path);
  const form = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's');
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => form.test(name)).map((name) => join(folder, name));
}

async function below(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => null);
  if (!info) return [];
  if (!info.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
