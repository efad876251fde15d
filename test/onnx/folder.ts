/** A temporary folder for each test, removed afterwards. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

export interface Folder {
  readonly path: string;
  /** Path of a file in it. */
  at(name: string): string;
  /** Everything in it, hidden files too, by name. */
  list(): string[];
  /** Every regular file's content. */
  contents(): Record<string, string>;
}

/** Call at the top of a test file; the folder is a new one in every test. */
export function useFolder(): Folder {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'llmc-test-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  const list = () => readdirSync(path).sort();
  return {
    get path() {
      return path;
    },
    at: (name) => join(path, name),
    list,
    contents: () =>
      Object.fromEntries(list().map((name) => [name, readFileSync(join(path, name)).toString('latin1')])),
  };
}
