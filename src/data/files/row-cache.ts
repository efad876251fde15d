/** A folder that keeps what was made of files, by their content: the least recently used makes room when it is full. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LlmcError } from '../../errors.ts';
import { makeFolder } from '../../folder.ts';
import { allocate, elementCount, type HostTensor, isArrayDtype, type TypedArray } from '../host-tensor.ts';

export interface RowCacheOptions {
  readonly folder: string;
  readonly mostBytes: number;
  /** Everything besides the content that the result depends on: options, versions. */
  readonly recipe: string;
}

interface Entry {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  used: number;
}

/** Nothing else in the folder is touched. */
const OWN = /^[0-9a-f]{64}\.row$/;
/** When room is made, a little more than needed: it takes a look at all entries. */
const FILLED = 0.9;
/** Entries used within this time need no new mark. */
const MARK_MS = 60_000;

export class RowCache {
  readonly #options: RowCacheOptions;
  readonly #entries: Map<string, Entry>;
  #bytes: number;
  #writes = 0;

  private constructor(options: RowCacheOptions, entries: Map<string, Entry>) {
    this.#options = options;
    this.#entries = entries;
    this.#bytes = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Makes the folder where there is none. LlmcError WRITE_FAILED when that is not possible. */
  static async open(options: RowCacheOptions): Promise<RowCache> {
    try {
      makeFolder(options.folder);
      return new RowCache(options, await entriesIn(options.folder));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new LlmcError('WRITE_FAILED', `the folder of cache=${options.folder} cannot be used: ${why}`, {
        hint: 'name a folder that can be written, or leave cache= out',
        cause,
      });
    }
  }

  /** What `make` gives for the file; not asked where it is known already. Failures to store are no failures. */
  async through(path: string, make: () => Promise<HostTensor>): Promise<HostTensor> {
    const content = await readFile(path).catch(() => null);
    // Whoever makes it says best what is the matter with the file.
    if (content === null) return make();
    const name = `${createHash('sha256').update(this.#options.recipe).update('\0').update(content).digest('hex')}.row`;
    const known = await this.#read(name);
    if (known) return known;
    const made = await make();
    await this.#write(name, made);
    return made;
  }

  #place(name: string): string {
    return join(this.#options.folder, name.slice(0, 2), name);
  }

  async #read(name: string): Promise<HostTensor | null> {
    const bytes = await readFile(this.#place(name)).catch(() => null);
    const tensor = bytes && decoded(bytes);
    if (!tensor) return null;
    const entry = this.#entries.get(name);
    const now = Date.now();
    if (entry && now - entry.used > MARK_MS) {
      entry.used = now;
      await utimes(this.#place(name), new Date(now), new Date(now)).catch(() => {});
    }
    return tensor;
  }

  async #write(name: string, tensor: HostTensor): Promise<void> {
    const bytes = encoded(tensor);
    if (bytes === null || bytes.length > this.#options.mostBytes) return;
    const place = this.#place(name);
    const temporary = `${place}.${process.pid}-${this.#writes++}`;
    // Counted before it is there: several are written at once.
    this.#bytes += bytes.length - (this.#entries.get(name)?.bytes ?? 0);
    this.#entries.set(name, { bytes: bytes.length, used: Date.now() });
    try {
      if (this.#bytes > this.#options.mostBytes) await this.#makeRoom();
      makeFolder(dirname(place));
      await writeFile(temporary, bytes);
      await rename(temporary, place);
    } catch {
      if (this.#entries.delete(name)) this.#bytes -= bytes.length;
      await rm(temporary, { force: true }).catch(() => {});
    }
  }

  async #makeRoom(): Promise<void> {
    const most = this.#options.mostBytes * FILLED;
    for (const [name, { bytes }] of [...this.#entries].sort(([, a], [, b]) => a.used - b.used)) {
      if (this.#bytes <= most) return;
      this.#entries.delete(name);
      this.#bytes -= bytes;
      await rm(this.#place(name), { force: true });
    }
  }
}

async function entriesIn(folder: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for (const part of await readdir(folder, { withFileTypes: true })) {
    if (!part.isDirectory() || !/^[0-9a-f]{2}$/.test(part.name)) continue;
    for (const name of await readdir(join(folder, part.name))) {
      if (!OWN.test(name)) continue;
      // Another process may just have made room.
      const info = await stat(join(folder, part.name, name)).catch(() => null);
      if (info) entries.set(name, { bytes: info.size, used: info.mtimeMs });
    }
  }
  return entries;
}

/** A line of JSON, then the elements as they lie in memory; null for what has no typed array. */
function encoded({ dtype, dims, data }: HostTensor): Uint8Array | null {
  if (Array.isArray(data) || !isArrayDtype(dtype)) return null;
  const header = Buffer.from(`${JSON.stringify({ dtype, dims })}\n`);
  return Buffer.concat([header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

/** Null for what is no whole entry. */
function decoded(bytes: Buffer): HostTensor | null {
  const end = bytes.indexOf(10);
  try {
    const { dtype, dims } = JSON.parse(bytes.toString('utf8', 0, end)) as Pick<HostTensor, 'dtype' | 'dims'>;
    const stored = bytes.subarray(end + 1);
    const size = allocate(dtype, 1).BYTES_PER_ELEMENT;
    if (stored.length !== elementCount(dims) * size) return null;
    const data: TypedArray = allocate(dtype, elementCount(dims));
    new Uint8Array(data.buffer).set(stored);
    return { dtype, dims, data };
  } catch {
    return null;
  }
}
