/** Digests of files, remembered by place, size and time of change, so that large ones are not read every time. */
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../data/whole-file.ts';
import { sha256 } from '../onnx/checksum.ts';

const indexSchema = z.record(z.string(), z.tuple([z.string(), z.string()]));

/** A file changed as late as this before it was read may change again within the clock's resolution. */
const UNSURE_MS = 2000;
const MOST_ENTRIES = 20_000;

/** Remembers nothing on disk when `folder` is null. */
export class HashIndex {
  readonly #path: string | null;
  readonly #known: Map<string, readonly [stamp: string, digest: string]>;
  #changed = false;

  constructor(folder: string | null) {
    this.#path = folder === null ? null : join(folder, 'digests.json');
    this.#known = new Map(Object.entries(this.#path === null ? {} : load(this.#path)));
  }

  /** SHA-256 of the file, hexadecimal; throws what reading it throws. */
  async digest(path: string): Promise<string> {
    const place = resolve(path);
    const stamp = stampOf(place);
    const known = this.#known.get(place);
    if (known && known[0] === stamp.text) return known[1];
    const digest = await sha256(place);
    if (Date.now() - stamp.changedMs > UNSURE_MS && stampOf(place).text === stamp.text) {
      this.#known.delete(place);
      this.#known.set(place, [stamp.text, digest]);
      this.#changed = true;
    }
    return digest;
  }

  /** Writes down what is new; a folder that cannot be written to only costs time. */
  save(): void {
    if (!this.#changed || this.#path === null) return;
    this.#changed = false;
    const newest = [...this.#known].slice(-MOST_ENTRIES);
    try {
      writeWhole(this.#path, JSON.stringify(Object.fromEntries(newest)));
    } catch {
      // The next run reads the files again.
    }
  }
}

function stampOf(path: string): { readonly text: string; readonly changedMs: number } {
  const { size, mtimeNs, ctimeNs, ino } = statSync(path, { bigint: true });
  return { text: `${size} ${mtimeNs} ${ctimeNs} ${ino}`, changedMs: Number(ctimeNs / 1_000_000n) };
}

function load(path: string): Record<string, [string, string]> {
  try {
    return indexSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
