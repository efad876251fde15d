/** Files that appear together or not at all: written in a hidden folder beside the target, then renamed. */
import { linkSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { onInterrupt } from '../cleanup.ts';
import { LlmcError } from '../errors.ts';
import { named } from './quoted.ts';

export interface TargetOptions {
  /** Files that must never be replaced: the input and its data files. */
  readonly protect: readonly string[];
  /** Existing files (other than protected ones) may be replaced. */
  readonly force: boolean;
}

const owner = `${hostname().replace(/[^A-Za-z0-9]/g, '')}-${process.pid}`;

/** One set of files that is about to replace, or become, `target` and its data files. */
export class Transaction {
  readonly folder: string;
  readonly #target: string;
  readonly #options: TargetOptions;
  readonly #release: () => void;

  /** @throws LlmcError FILE_EXISTS, or WRITE_FAILED when the folder is missing or read-only */
  constructor(target: string, options: TargetOptions) {
    this.#target = resolve(target);
    this.#options = options;
    const parent = dirname(this.#target);
    try {
      this.claim([basename(this.#target)]);
      this.folder = scratchFolder(parent);
    } catch (cause) {
      throw writeFailure(target, cause);
    }
    this.#release = onInterrupt(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Refuses names that may not be taken; asked before any work is done and again at the end. */
  claim(names: readonly string[]): void {
    for (const name of names) refuse(join(dirname(this.#target), name), this.#options);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Moves the named files into place, the last one last; on a failure the old files come back. */
  async commit(names: readonly string[]): Promise<void> {
    const parent = dirname(this.#target);
    const moved: string[] = [];
    try {
      this.claim(names);
      for (const name of names) {
        keep(join(parent, name), this.path(`${name}.old`));
        // Each rename replaces in one step: whoever looks finds the old file or the new one.
        renameSync(this.path(name), join(parent, name));
        moved.push(name);
      }
    } catch (cause) {
      for (const name of names) restore(join(parent, name), this.path(`${name}.old`), moved.includes(name));
      throw writeFailure(this.#target, cause);
    } finally {
      this.dispose();
    }
    await syncFolder(parent);
  }

  /** Removes everything that was not committed. */
  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
    this.#release();
  }
}

/**
 * Refuses what cannot become a target, before any work is done for it. The transaction asks again.
 * @throws LlmcError FILE_EXISTS, or WRITE_FAILED when the folder is missing
 */
export function requireTarget(target: string, options: TargetOptions): void {
  try {
    if (!statSync(dirname(resolve(target))).isDirectory())
      throw Object.assign(new Error(), { code: 'ENOTDIR' });
    refuse(resolve(target), options);
  } catch (cause) {
    throw writeFailure(target, cause);
  }
}

function refuse(path: string, { protect, force }: TargetOptions): void {
  const there = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!there) return;
  // By number, not by path: the input may have many names (links, letter case).
  const isInput = protect.some((file) => {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stat?.ino === there.ino && stat.dev === there.dev;
  });
  if (isInput)
    throw new LlmcError('FILE_EXISTS', `${path} is the input; llmc never overwrites it`, {
      hint: 'choose another name with -o',
    });
  // Renaming over it would replace the folder, or /dev/null, for everybody.
  if (!there.isFile())
    throw new LlmcError('FILE_EXISTS', `${path} is ${there.isDirectory() ? 'a folder' : 'no regular file'}`, {
      hint: 'choose another name with -o',
    });
  if (!force)
    throw new LlmcError('FILE_EXISTS', `${path} exists already`, {
      hint: 'use --force to replace it, or choose another name with -o',
    });
}

/** A second name for the file, so that it can come back; where links are impossible the file itself moves aside. */
function keep(place: string, aside: string): void {
  if (!statSync(place, { throwIfNoEntry: false })) return;
  try {
    linkSync(place, aside);
  } catch {
    renameSync(place, aside);
  }
}

function restore(place: string, aside: string, replaced: boolean): void {
  if (statSync(aside, { throwIfNoEntry: false })) renameSync(aside, place);
  else if (replaced) rmSync(place, { force: true });
}

/**
 * Makes a hidden folder for what is not finished; the caller removes it. If the process is killed outright before
 * that, the next one that works in `parent` does. Throws what the file system says.
 */
export function scratchFolder(parent: string): string {
  sweep(parent);
  return mkdtempSync(join(parent, `.llmc-${owner}-`));
}

/** Folders left by a process of this machine that was killed outright are removed by the next one. */
function sweep(parent: string): void {
  const mine = owner.slice(0, owner.lastIndexOf('-'));
  try {
    for (const name of readdirSync(parent)) {
      const match = /^\.llmc-([A-Za-z0-9]*)-(\d+)-[A-Za-z0-9]{6}$/.exec(name);
      if (match && match[1] === mine && !isAlive(Number(match[2])))
        rmSync(join(parent, name), { recursive: true, force: true });
    }
  } catch {
    // Another user's litter, or a folder that may be written to but not listed: no reason to fail.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Renames survive a power cut only when the folder itself is flushed; not every system allows that. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** What the file system said, in words, and what helps. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'free some space or choose another place with -o'],
  EDQUOT: ['the disk quota is used up', 'free some space or choose another place with -o'],
  EFBIG: [
    'the file would be larger than this system allows',
    'split the weights with --external-data always --shard-size 1GB, or choose another place with -o',
  ],
  EACCES: ['the folder may not be written to', 'change its permissions or choose another place with -o'],
  EPERM: ['the folder may not be written to', 'change its permissions or choose another place with -o'],
  EROFS: ['the file system is read-only', 'choose another place with -o'],
  ENOENT: ['the folder does not exist', 'create the folder, or choose another place with -o'],
  ENOTDIR: ['a part of the path is not a folder', 'choose another place with -o'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter name with -o'],
};

/** The reason a write failed, in words. Errors that are not about files pass through unchanged. */
export function writeFailure(target: string, cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (cause instanceof LlmcError || typeof code !== 'string') return cause;
  // Node's own codes (ERR_...) are about arguments, not about files.
  if (!/^E(?!RR_)/.test(code)) return cause;
  const [why, advice] = REASONS[code] ?? [code, 'choose another place with -o'];
  return new LlmcError('WRITE_FAILED', `cannot write ${named(target)}: ${why}`, {
    hint: `nothing was changed; ${advice}`,
    cause,
  });
}
