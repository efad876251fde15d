/** External-data locations: resolved inside the model's folder or refused; they are untrusted input. */
import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep, win32 } from 'node:path';
import { LlmcError } from '../errors.ts';
import type { ByteSource } from '../ir/bytes.ts';
import { openFile } from './file.ts';
import type { TensorProto } from './proto.ts';
import { quoted } from './quoted.ts';
import { rangeOf } from './wire.ts';

/** Opens the data files of one model, each once. */
export class ExternalFiles {
  readonly folder: string;
  /** By location as the tensors spell it, and by path. */
  readonly #open = new Map<string, ByteSource>();
  readonly #files = new Map<string, ByteSource>();
  readonly #ranges = new Map<string, ByteSource>();

  /** `folder` is where the model file lies; a model from memory has none and may not refer to files. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Absolute paths of the files opened so far. */
  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  /**
   * The bytes of a tensor stored outside the model file.
   * @param byteLength what dtype and dims ask for, checked against the stated length and the file's size
   * @throws LlmcError EXTERNAL_DATA for any location, offset or length that is not plainly right
   */
  source(proto: TensorProto, byteLength: number): ByteSource {
    const name = quoted(proto.name);
    const entries = new Map((proto.external_data ?? []).map((entry) => [entry.key ?? '', entry.value ?? '']));
    const file = this.#file(entries.get('location') ?? '', name);
    const offset = wholeNumber(entries.get('offset') ?? '0', 'offset', name);
    const length = entries.has('length')
      ? wholeNumber(entries.get('length') ?? '', 'length', name)
      : byteLength;
    if (length !== byteLength)
      throw refuse(name, `states ${length} bytes, its type and dims need ${byteLength}`);
    if (offset + length > file.byteLength)
      throw refuse(name, `ends at byte ${offset + length} of a file of ${file.byteLength} bytes`);
    // Tied weights name the same range: one source for both, so that the writer stores it once.
    const key = `${file.file?.path ?? ''}:${offset}:${length}`;
    const range = this.#ranges.get(key) ?? rangeOf(file, offset, length);
    this.#ranges.set(key, range);
    return range;
  }

  #file(location: string, name: string): ByteSource {
    const known = this.#open.get(location);
    if (known) return known;
    const path = resolveLocation(this.folder, location, name);
    // One file, however many ways its location is spelled.
    const opened = this.#files.get(path) ?? openFile(path);
    this.#files.set(path, opened);
    this.#open.set(location, opened);
    return opened;
  }
}

function resolveLocation(folder: string, location: string, name: string): string {
  if (location === '') throw refuse(name, 'has no location');
  if (location.includes('\0')) throw refuse(name, 'has a location with a NUL character');
  if (isAbsolute(location) || win32.isAbsolute(location) || /^[A-Za-z]:/.test(location))
    throw refuse(name, `points to the absolute path ${quoted(location)}`);
  if (location.split(/[\\/]/).includes('..'))
    throw refuse(name, `points out of the model's folder (${quoted(location)})`);
  const path = join(folder, location);
  let real: string;
  try {
    real = realpathSync(path);
    lstatSync(real);
  } catch (cause) {
    throw new LlmcError('EXTERNAL_DATA', `tensor '${name}': its data file ${quoted(location)} is missing`, {
      hint: `put ${quoted(location)} beside the model file; both belong together`,
      cause,
    });
  }
  const inside = relative(realpathSync(folder === '' ? '.' : folder), real);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw refuse(name, `its data file ${quoted(location)} is a link out of the model's folder`);
  return path;
}

function wholeNumber(text: string, what: string, name: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw refuse(name, `has an impossible ${what} '${quoted(text)}'`);
  return value;
}

function refuse(name: string, why: string): LlmcError {
  return new LlmcError('EXTERNAL_DATA', `tensor '${name}': external data ${why}`, {
    hint: 'the model file and its data files do not belong together, or the file is damaged; export it again',
  });
}
