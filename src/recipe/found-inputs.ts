/** The inputs a history names, found again by name and content. A history is untrusted: it names no places and no code. */
import { copyFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HashIndex } from '../cache/hash-index.ts';
import { isModule } from '../data/metrics/module.ts';
import { dataKinds, parseDataSpec } from '../data/open.ts';
import { encodeValue } from '../data/spec.ts';
import { LlmcError } from '../errors.ts';
import { dataDigest, modelDigest } from './inputs.ts';

const MOST_FILES = 50_000;

export class FoundInputs {
  readonly #folders: readonly string[];
  readonly #work: string;
  readonly #index: HashIndex;
  #listing: Promise<readonly string[]> | null = null;

  /**
   * @param folders searched, and below
   * @param work folder for copies of files that a step may write to
   */
  constructor(folders: readonly string[], work: string, index: HashIndex) {
    this.#folders = folders;
    this.#work = work;
    this.#index = index;
  }

  /** @throws LlmcError FILE_NOT_FOUND */
  async model(name: string, digest: string): Promise<string> {
    for (const path of await this.#named(name))
      if ((await modelDigest(path, this.#index).catch(() => '')) === digest) return path;
    throw this.#nowhere(name, digest);
  }

  /**
   * The text of an option with the place of the file it names.
   * @param completes what the option names, as in the option tables
   * @param digest content it had; null where that is not known
   * @throws LlmcError FILE_NOT_FOUND for what is nowhere with that content, UNSUPPORTED for code
   */
  async find(text: string, completes: string, digest: string | null): Promise<string> {
    switch (completes) {
      case 'data':
        return await this.#data(text, digest);
      case 'model':
        return await this.model(text, digest ?? '');
      case 'module':
        if (!isModule(text)) return text;
        throw code(text);
      case 'file':
        return await this.#copied(text, digest ?? '');
      default:
        return text;
    }
  }

  async #copied(name: string, digest: string): Promise<string> {
    for (const path of await this.#named(name)) {
      if ((await this.#index.digest(path)) !== digest) continue;
      const copy = join(this.#work, `copy-${digest.slice(0, 16)}-${basename(path)}`);
      await copyFile(path, copy);
      return copy;
    }
    throw this.#nowhere(name, digest);
  }

  async #data(text: string, digest: string | null): Promise<string> {
    const spec = parseDataSpec(text);
    if (spec.kind === 'module') throw code(text);
    const info = dataKinds.find(({ kind }) => kind === spec.kind);
    if (!info?.needsPath) return text;
    const options: string[] = [];
    for (const [key, value] of spec.options) {
      if (info.caches?.includes(key) || key === 'cacheSize') continue;
      // Files that options name, such as tokenizers.
      const place = info.files?.includes(key) ? (await this.#named(basename(value)))[0] : value;
      if (place === undefined) throw this.#nowhere(value, digest ?? '');
      options.push(`${key}=${encodeValue(place)}`);
    }
    const query = options.length === 0 ? '' : `?${options.join('&')}`;
    for (const path of await this.#places(basename(spec.path))) {
      const found = `${spec.kind}:${path}${query}`;
      if ((await dataDigest(found, this.#index).catch(() => null)) === digest) return found;
    }
    throw this.#nowhere(spec.path, digest ?? '');
  }

  /** Where a name, or a pattern with stars, may be. */
  async #places(name: string): Promise<readonly string[]> {
    if (!name.includes('*')) return await this.#named(name);
    return this.#folders.map((folder) => join(folder, name));
  }

  async #named(name: string): Promise<string[]> {
    this.#listing ??= list(this.#folders);
    return (await this.#listing).filter((path) => basename(path) === name);
  }

  #nowhere(name: string, digest: string): LlmcError {
    const content = digest === '' ? 'what it held is not known' : `sha256 ${digest.slice(0, 12)}...`;
    return new LlmcError('FILE_NOT_FOUND', `there is no ${name} with the content it had (${content})`, {
      hint: `searched ${this.#folders.join(', ')}; --in FOLDER names more places`,
    });
  }
}

function code(text: string): LlmcError {
  return new LlmcError(
    'UNSUPPORTED',
    `it was made with code, ${text}, which a history is not trusted to name`,
    {
      hint: 'run the recipe it was made by with llmc run, and compare the files',
    },
  );
}

async function list(folders: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const inside: string[] = [];
    for (const entry of entries) {
      const path = join(folder, entry.name);
      found.add(path);
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
        inside.push(path);
    }
    if (found.size < MOST_FILES) for (const path of await list(inside)) found.add(path);
  }
  return [...found];
}
