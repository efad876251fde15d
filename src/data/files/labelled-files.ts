/** Files of one kind in a folder, with labels from the names of class folders or from a list. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { LlmcError } from '../../errors.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { DataSpec } from '../spec.ts';

export interface LabelledFiles {
  /** How the data is named in messages. */
  readonly name: string;
  /** In the order of rows. */
  readonly paths: readonly string[];
  /** The labels `[rows]` of these files; null when there are none. */
  labels(indices: readonly number[]): HostTensor | null;
  /** How messages call a file: its path below the folder. */
  place(index: number): string;
}

/** Options of such kinds. */
export const LABEL_KEYS = {
  labels: 'file with lines "name,label"; default the class folders, if there are any',
};

interface Found {
  readonly path: string;
  readonly label?: number;
}

/**
 * One file, or those of a folder: directly in it, else in its subfolders, whose sorted names are then the classes 0,
 * 1, ... (as torchvision's ImageFolder counts them). Sorted by path.
 * @param extensions lower case, with the dot
 * @param what the plural of what they hold, for messages
 * @throws LlmcError FILE_NOT_FOUND; DATA when there are none, or a name of the list has no file
 */
export async function labelledFiles(
  spec: DataSpec,
  extensions: readonly string[],
  what: string,
): Promise<LabelledFiles> {
  const root = spec.path;
  const info = await stat(root).catch((cause: unknown) => {
    throw new LlmcError('FILE_NOT_FOUND', `no such file or folder: ${root}`, {
      hint: 'check the path',
      cause,
    });
  });
  const name = basename(root);
  const list = spec.options.get('labels');
  const fits = (file: string): boolean =>
    !basename(file).startsWith('.') && extensions.some((extension) => file.toLowerCase().endsWith(extension));
  const present = info.isDirectory() ? await filesBelow(root, fits) : [{ path: root }];
  if (present.length === 0)
    throw new LlmcError('DATA', `${root} holds no ${what}`, {
      hint: `it is searched for ${extensions.join(' ')}`,
    });
  const base = info.isDirectory() ? root : join(root, '..');
  const found = list === undefined ? present : await listed(list, base, present);
  const labels = found.map(({ label }) => label);
  const whole = labels.every((label) => Number.isInteger(label));
  return {
    name,
    paths: found.map(({ path }) => path),
    labels: (indices) => {
      const values = indices.map((index) => labels[index]);
      if (labels[0] === undefined) return null;
      const dims = [indices.length];
      return whole
        ? { dtype: 'int64', dims, data: BigInt64Array.from(values, (value) => BigInt(value ?? 0)) }
        : { dtype: 'float32', dims, data: Float32Array.from(values, (value) => value ?? 0) };
    },
    place: (index) => shown(base, found[index]?.path ?? ''),
  };
}

function shown(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

/** Those directly in the folder; when there are none, those of its subfolders with their classes. */
async function filesBelow(root: string, fits: (file: string) => boolean): Promise<Found[]> {
  const entries = (await readdir(root, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const direct = entries.filter((entry) => !entry.isDirectory() && fits(entry.name));
  if (direct.length > 0) return direct.map((entry) => ({ path: join(root, entry.name) }));
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const classes: string[][] = [];
  for (const folder of folders) {
    const files = (await readdir(join(root, folder.name), { recursive: true })).filter(fits).sort();
    if (files.length > 0) classes.push(files.map((file) => join(root, folder.name, file)));
  }
  return classes.flatMap((files, label) => files.map((path) => ({ path, label })));
}

/** The files that a list names, in its order. Labels that are no numbers become the classes 0, 1, ... of their sorted names. */
async function listed(list: string, root: string, present: readonly Found[]): Promise<Found[]> {
  const text = await readFile(list, 'utf8').catch((cause: unknown) => {
    throw new LlmcError('FILE_NOT_FOUND', `cannot read the labels in ${list}`, {
      hint: 'check the path',
      cause,
    });
  });
  const known = new Map(present.map(({ path }) => [shown(root, path), path]));
  const rows: { readonly path: string; readonly text: string }[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const comma = line.lastIndexOf(',');
    const [file, label] = [line.slice(0, comma).trim(), line.slice(comma + 1).trim()];
    const path = known.get(file.replace(/^\.\//, ''));
    if (path !== undefined && label !== '') rows.push({ path, text: label });
    // The first line may name the columns.
    else if (at > 0 || comma < 0)
      throw new LlmcError(
        'DATA',
        `${list}, line ${at + 1}: ${comma < 0 || label === '' ? 'it has no label' : `there is no file "${file}" in ${root}`}`,
        { hint: 'lines are "name,label", with names relative to the folder' },
      );
  }
  if (rows.length === 0)
    throw new LlmcError('DATA', `${list} names no file of ${root}`, { hint: 'its lines are "name,label"' });
  const numbers = rows.every((row) => Number.isFinite(Number(row.text)));
  const names = [...new Set(rows.map((row) => row.text))].sort();
  return rows.map((row) => ({ path: row.path, label: numbers ? Number(row.text) : names.indexOf(row.text) }));
}
