/** Finds the corpus that `npm run corpus` fetches, and the ONNX backend tests, so that tests may use what is there. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface CorpusFile {
  /** Only models have one. */
  readonly id?: string;
  readonly kind: 'model' | 'data';
  readonly path: string;
  readonly bytes: number;
}

interface Corpus {
  readonly packages: readonly { readonly id: string; readonly files: readonly CorpusFile[] }[];
  readonly system: readonly { readonly id: string; readonly variable: string; readonly location: string }[];
}

/** A pinned model of the corpus; `path` is where it is, or would be. */
export interface CorpusModel {
  readonly id: string;
  readonly path: string;
  readonly available: boolean;
}

/** One model of the ONNX backend tests, with the folder that may hold test_data_set_N folders. */
export interface BackendModel {
  /** "node/test_abs" and the like. */
  readonly id: string;
  readonly folder: string;
  readonly path: string;
}

function corpus(): Corpus {
  return JSON.parse(readFileSync(join(ROOT, 'test', 'corpus', 'corpus.json'), 'utf8')) as Corpus;
}

/** Present and of its pinned size; the sums were checked when the file was fetched. */
function isThere(path: string, bytes: number): boolean {
  return existsSync(path) && statSync(path).size === bytes;
}

/** The models of every package in corpus.json, fetched or not. */
export function corpusModels(): CorpusModel[] {
  return corpus().packages.flatMap((pack) =>
    pack.files.flatMap(({ id, path, bytes }) => {
      if (id === undefined) return [];
      const place = join(ROOT, '.cache', 'corpus', pack.id, path);
      return [{ id, path: place, available: isThere(place, bytes) }];
    }),
  );
}

/**
 * Where a data file or folder of the corpus is, or undefined when it was not fetched.
 * @param pack the id of a package in corpus.json
 * @param path its path there, or a folder above it
 */
export function corpusData(pack: string, path: string): string | undefined {
  const place = join(ROOT, '.cache', 'corpus', pack, path);
  return existsSync(place) ? place : undefined;
}

/** The folders of a set the system installed ("onnx-testdata", "fashion-mnist", …); those named by its variable come first. */
export function systemSet(id: string): string[] {
  const set = corpus().system.find((each) => each.id === id);
  if (set === undefined) throw new Error(`corpus.json has no system set '${id}'`);
  return [...(process.env[set.variable]?.split(delimiter) ?? []), set.location].filter((place) =>
    existsSync(place),
  );
}

/** Every model of the ONNX backend tests (node, pytorch-converted, pytorch-operator, simple, light), sorted by id. */
export function backendModels(): BackendModel[] {
  const found = new Map<string, BackendModel>();
  for (const root of systemSet('onnx-testdata')) {
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.onnx')) continue;
      const folder = entry.parentPath;
      // Most are called model.onnx in a folder of their own; the light ones share one folder.
      const place = entry.name === 'model.onnx' ? folder : join(folder, entry.name.slice(0, -'.onnx'.length));
      const id = place.slice(root.length).split(/[\\/]/).filter(Boolean).join('/');
      if (!found.has(id)) found.set(id, { id, folder: place, path: join(folder, entry.name) });
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
