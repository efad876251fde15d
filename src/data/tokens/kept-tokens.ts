/**
 * Tokens of texts kept on disk: one file for each tokenizer, to which records are added, found by the content of the
 * text. A record is a key (16 bytes), the number of tokens, their ids (uint32), the text each belongs to (uint8), and a
 * checksum; what a process left half-written is cut off by the next one, what was damaged is made again.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { makeFolderOf } from '../../folder.ts';
import { cacheOf } from '../files/cache-options.ts';
import { type FileRoom, makeRoom, markUsed } from '../files/file-room.ts';
import { crc32 } from '../formats/crc32.ts';
import type { DataSpec } from '../spec.ts';
import type { Encoded, TextTokenizer } from './tokenizer.ts';

/** Of the code around the library: higher whenever the same files give other tokens. */
const REVISION = 1;
const KEY = 16;
const HEAD = KEY + 4;
const CHECK = 4;
const TOKEN = 5;
/** Read at once while the records are counted. */
const PORTION = 1 << 22;
const ENDING = '.tokens';

/**
 * The same tokenizer, which asks the file before it works; what it could not keep is not lost.
 * @param files the tokenizer's own, whose content decides what it gives
 * @throws LlmcError DATA for bad options, WRITE_FAILED for a folder that cannot be used
 */
export async function keptTokens(
  tokenizer: TextTokenizer,
  spec: DataSpec,
  files: readonly string[],
): Promise<TextTokenizer> {
  const room = cacheOf(spec);
  if (room === null) return tokenizer;
  makeFolderOf('cache=', room.folder);
  const path = join(room.folder, `${await identity(files)}${ENDING}`);
  await markUsed(path);
  await makeRoom(room, ENDING, 0);
  const log = new TokenLog(path, room);
  return {
    ...tokenizer,
    encode(texts, maxLength) {
      const key = keyOf(texts, maxLength);
      const known = log.find(key);
      if (known) return known;
      const made = tokenizer.encode(texts, maxLength);
      log.add(key, made);
      return made;
    },
    settle: () => log.settle(),
  };
}

/** Of everything tokens depend on but the text. */
async function identity(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`${REVISION}`);
  const library = createRequire(import.meta.url).resolve('@huggingface/tokenizers');
  for (const file of [library, ...files]) {
    const content = await readFile(file).catch(() => Buffer.alloc(0));
    hash.update(`\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function keyOf(texts: readonly [string, string?], maxLength: number): Buffer {
  // JSON has no Infinity; null stands for it.
  return createHash('sha256')
    .update(JSON.stringify([texts, maxLength]))
    .digest()
    .subarray(0, KEY);
}

class TokenLog {
  readonly #path: string;
  readonly #mostBytes: number;
  /** Where the record of a key begins. */
  readonly #places = new Map<string, number>();
  #bytes = 0;
  readonly #fresh = new Map<string, Buffer>();
  #handle: number | null = null;

  constructor(path: string, { mostBytes }: FileRoom) {
    this.#path = path;
    this.#mostBytes = mostBytes;
    this.#index();
    this.#cut();
    this.#close();
  }

  find(key: Buffer): Encoded | null {
    const place = this.#places.get(key.toString('latin1'));
    if (place === undefined) return null;
    const head = this.#read(place, HEAD);
    const size = head.length === HEAD ? sizeOf(head) : 0;
    return size === 0 || place + size > this.#bytes ? null : decoded(this.#read(place, size), key);
  }

  add(key: Buffer, tokens: Encoded): void {
    this.#fresh.set(key.toString('latin1'), encoded(key, tokens));
  }

  /** Writes what has been added, as long as there is room. */
  settle(): void {
    const bytes = Buffer.concat([...this.#fresh.values()]);
    this.#fresh.clear();
    try {
      if (bytes.length > 0 && this.#bytes + bytes.length <= this.#mostBytes) {
        // Whole batches at once: several processes may add to one file.
        appendFileSync(this.#path, bytes);
        this.#index();
      }
    } catch {
      // A full disk costs time, not rows.
    } finally {
      this.#close();
    }
  }

  /** Reads the keys of what has come since the last time, by whomever. */
  #index(): void {
    for (;;) {
      const portion = this.#read(this.#bytes, PORTION);
      let at = 0;
      while (at + HEAD <= portion.length) {
        const size = sizeOf(portion.subarray(at));
        if (at + size > portion.length) break;
        this.#places.set(portion.toString('latin1', at, at + KEY), this.#bytes + at);
        at += size;
      }
      if (at === 0) return;
      this.#bytes += at;
    }
  }

  /** What a process began and never finished would hide all that is added behind it. */
  #cut(): void {
    try {
      if (this.#handle !== null && fstatSync(this.#handle).size > this.#bytes)
        truncateSync(this.#path, this.#bytes);
    } catch {
      // A folder that can only be read can still be read.
    }
  }

  /** As much as there is. */
  #read(place: number, bytes: number): Buffer {
    const buffer = Buffer.alloc(bytes);
    try {
      this.#handle ??= openSync(this.#path, 'r');
      return buffer.subarray(0, readSync(this.#handle, buffer, 0, bytes, place));
    } catch {
      return buffer.subarray(0, 0);
    }
  }

  #close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }
}

function sizeOf(head: Buffer): number {
  return HEAD + head.readUInt32LE(KEY) * TOKEN + CHECK;
}

function encoded(key: Buffer, { ids, types }: Encoded): Buffer {
  const record = Buffer.alloc(HEAD + ids.length * TOKEN + CHECK);
  record.set(key);
  record.writeUInt32LE(ids.length, KEY);
  for (const [at, id] of ids.entries()) record.writeUInt32LE(id, HEAD + at * 4);
  for (const [at, type] of types.entries()) record.writeUInt8(type, HEAD + ids.length * 4 + at);
  record.writeUInt32LE(crc32(record.subarray(0, -CHECK)), record.length - CHECK);
  return record;
}

/** Null for what is not what was written. */
function decoded(record: Buffer, key: Buffer): Encoded | null {
  if (record.length < HEAD + CHECK || !record.subarray(0, KEY).equals(key)) return null;
  const check = record.readUInt32LE(record.length - CHECK);
  if (crc32(record.subarray(0, -CHECK)) !== check) return null;
  const count = record.readUInt32LE(KEY);
  const ids = Array.from({ length: count }, (_, at) => record.readUInt32LE(HEAD + at * 4));
  const types = Array.from({ length: count }, (_, at) => record.readUInt8(HEAD + count * 4 + at));
  return { ids, types };
}
