/** Finished work on disk, by the hash of everything it depends on: whole entries or none, within a size. */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { onInterrupt } from '../cleanup.ts';
import { LlmcError } from '../errors.ts';
import { makeFolder } from '../folder.ts';
import { writeFailure } from '../onnx/transaction.ts';

/** What is kept under a key. */
export interface Entry {
  readonly key: string;
  readonly folder: string;
  /** What the writer said about it, JSON. */
  readonly about: unknown;
  readonly bytes: number;
  readonly usedAt: Date;
}

const ABOUT = 'entry.json';
const ELSEWHERE = 'choose another folder with --cache or the variable LLMC_CACHE, or use --no-cache';
const KEY = /^[0-9a-f]{64}$/;
/** What a process that ended without cleaning up left behind is removed after so long. */
const ABANDONED_MS = 24 * 3600 * 1000;

export class Store {
  readonly folder: string;

  /** @throws LlmcError WRITE_FAILED for a folder that cannot be made */
  constructor(folder: string) {
    this.folder = folder;
    try {
      for (const part of [this.#entries, this.#drafts, this.#unfinished]) makeFolder(part);
    } catch (cause) {
      throw new LlmcError(
        'WRITE_FAILED',
        `results cannot be kept in ${folder}: ${(cause as Error).message}`,
        {
          hint: ELSEWHERE,
          cause,
        },
      );
    }
    this.#sweep();
  }

  get #entries(): string {
    return join(this.folder, 'entries');
  }
  get #drafts(): string {
    return join(this.folder, 'drafts');
  }
  get #unfinished(): string {
    return join(this.folder, 'unfinished');
  }

  /** The entry, marked as used; null when there is none or it cannot be read. */
  find(key: string): Entry | null {
    const found = read(join(this.#entries, key), key);
    if (!found) return null;
    const now = new Date();
    try {
      utimesSync(join(found.folder, ABOUT), now, now);
    } catch {
      // A read-only cache can still be read.
    }
    return found;
  }

  /**
   * Fills a folder and keeps it: `fill` gets an empty folder and gives back what to say about it. Nothing is kept when
   * it throws or the process ends.
   * @param keyed the key, told after the work: what it depends on may have come into being by it
   */
  async keep(fill: (folder: string) => Promise<unknown>, keyed: () => Promise<string>): Promise<Entry> {
    const draft = join(this.#drafts, `${randomBytes(6).toString('hex')}-${process.pid}-${hostname()}`);
    const remove = (): void => rmSync(draft, { recursive: true, force: true });
    const release = onInterrupt(remove);
    try {
      mkdirSync(draft, { recursive: true });
      const about = await fill(draft);
      writeFileSync(join(draft, ABOUT), JSON.stringify(about));
      const key = await keyed();
      const target = join(this.#entries, key);
      // Another process may have been faster: the same key means the same content.
      if (!read(target, key)) {
        rmSync(target, { recursive: true, force: true });
        renameSync(draft, target);
      }
      const entry = read(target, key);
      if (!entry) throw new Error(`what was written to ${target} can be read`);
      return entry;
    } catch (error) {
      throw this.#elsewhere(draft, error);
    } finally {
      remove();
      release();
    }
  }

  /** What could not be written here is a matter of the cache, not of the result. */
  #elsewhere(draft: string, error: unknown): unknown {
    const failure = writeFailure(draft, error);
    const here = failure instanceof LlmcError && failure.code === 'WRITE_FAILED';
    if (!here || !failure.message.includes(draft)) return failure;
    const message = failure.message.replace(/^.*: /s, `results cannot be kept in ${this.folder}: `);
    return new LlmcError('WRITE_FAILED', message, { hint: ELSEWHERE, cause: failure });
  }

  /** A folder for what an interrupted step can go on with. */
  unfinished(key: string): string {
    return join(this.#unfinished, key);
  }

  forget(key: string): void {
    rmSync(join(this.#entries, key), { recursive: true, force: true });
  }

  /** All entries, the most recently used first. */
  list(): Entry[] {
    return names(this.#entries)
      .filter((name) => KEY.test(name))
      .flatMap((name) => read(join(this.#entries, name), name) ?? [])
      .sort((a, b) => b.usedAt.getTime() - a.usedAt.getTime());
  }

  /** Bytes that interrupted steps have left to go on with. */
  get unfinishedBytes(): number {
    return sizeOf(this.#unfinished);
  }

  /** Removes the least recently used entries until what is left fits; returns the bytes that went. */
  limit(bytes: number, spare: ReadonlySet<string> = new Set()): number {
    let [held, removed] = [0, 0];
    for (const entry of this.list()) {
      held += entry.bytes;
      if (held <= bytes || spare.has(entry.key)) continue;
      this.forget(entry.key);
      held -= entry.bytes;
      removed += entry.bytes;
    }
    return removed;
  }

  /** Removes everything last used before `before`; returns the bytes that went. */
  clean(before: Date = new Date(8.64e15)): number {
    const old = this.list().filter(({ usedAt }) => usedAt < before);
    for (const { key } of old) this.forget(key);
    let removed = old.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const name of names(this.#unfinished)) {
      const path = join(this.#unfinished, name);
      if (modified(path) >= before) continue;
      removed += sizeOf(path);
      rmSync(path, { recursive: true, force: true });
    }
    return removed;
  }

  #sweep(): void {
    const limit = Date.now() - ABANDONED_MS;
    for (const name of names(this.#drafts)) {
      const path = join(this.#drafts, name);
      // Another machine may share the folder: what its processes are is not known here.
      const [, pid, host] = /^[0-9a-f]+-(\d+)-(.*)$/.exec(name) ?? [];
      const ended = host === hostname() && !alive(Number(pid));
      if (ended || modified(path).getTime() < limit) rmSync(path, { recursive: true, force: true });
    }
  }
}

function read(folder: string, key: string): Entry | null {
  try {
    const path = join(folder, ABOUT);
    const about: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return { key, folder, about, bytes: sizeOf(folder), usedAt: statSync(path).mtime };
  } catch {
    return null;
  }
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function modified(path: string): Date {
  return statSync(path, { throwIfNoEntry: false })?.mtime ?? new Date(0);
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
