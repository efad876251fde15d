/** Turns whatever was thrown into lines for stderr and an exit code. */
import { type ErrorCode, EXIT, LlmcError } from '../errors.ts';
import type { Palette } from '../report/palette.ts';
import { printable } from '../report/printable.ts';

/** What `--json` prints on stdout in place of a result; the schema of reports does not cover it. */
export interface ErrorDocument {
  readonly version: 1;
  readonly error: {
    readonly code: ErrorCode | 'BUG';
    readonly message: string;
    readonly hint: string;
  };
}

export interface RenderedError {
  readonly text: string;
  readonly document: ErrorDocument;
  readonly exitCode: number;
}

/** Expected failures as `error CODE: message` and `hint: ...`; anything else is a bug and shows its stack. */
export function renderError(thrown: unknown, palette: Palette, verbose: boolean): RenderedError {
  const error = thrown instanceof LlmcError ? thrown : fromSystem(thrown);
  if (error === null) return renderBug(thrown, palette);
  const { code, message, hint, exitCode } = error;
  const lines = [
    `${palette.bad(`error ${code}:`)} ${printable(message)}`,
    `${palette.accent('hint:')} ${printable(hint)}`,
  ];
  if (verbose && error.cause !== undefined) lines.push(`cause: ${stackOf(error.cause)}`);
  return { text: `${lines.join('\n')}\n`, document: documentOf(code, message, hint), exitCode };
}

function renderBug(thrown: unknown, palette: Palette): RenderedError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    text: `${palette.bad('bug in llmc:')} ${stackOf(thrown)}\n`,
    document: documentOf('BUG', message, 'please report it with what stderr says'),
    exitCode: EXIT.bug,
  };
}

function documentOf(code: ErrorDocument['error']['code'], message: string, hint: string): ErrorDocument {
  return { version: 1, error: { code, message: printable(message), hint: printable(hint) } };
}

/** Refusals of the operating system that no caller has put into words of its own. */
const SYSTEM: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['FILE_NOT_FOUND', 'check the path'],
  EACCES: ['FILE_NOT_FOUND', 'check the permissions of the file and its folder'],
  EPERM: ['FILE_NOT_FOUND', 'check the permissions of the file and its folder'],
  EISDIR: ['FILE_NOT_FOUND', 'name a file, not a folder'],
  ENOTDIR: ['FILE_NOT_FOUND', 'a part of the path is a file, not a folder'],
  ELOOP: ['FILE_NOT_FOUND', 'a symbolic link leads in a circle'],
  ENAMETOOLONG: ['FILE_NOT_FOUND', 'choose a shorter file name'],
  EEXIST: ['FILE_EXISTS', 'choose another name or pass --force'],
  ENOSPC: ['WRITE_FAILED', 'free some space on the disk or write elsewhere'],
  EDQUOT: ['WRITE_FAILED', 'the disk quota is used up; write elsewhere'],
  EROFS: ['WRITE_FAILED', 'the file system is read-only; write elsewhere'],
  EFBIG: ['WRITE_FAILED', 'the file system does not take files this large'],
};

function fromSystem(thrown: unknown): LlmcError | null {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return null;
  const known = SYSTEM[String(thrown.code)];
  return known ? new LlmcError(known[0], thrown.message, { hint: known[1], cause: thrown }) : null;
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const stack = thrown.stack ?? String(thrown);
  return thrown.cause === undefined ? stack : `${stack}\ncaused by: ${stackOf(thrown.cause)}`;
}
