/** Answers on disk, by the content of teachers and data: another training asks for them there. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type FileRoom, makeRoom, markUsed } from '../../data/files/file-room.ts';
import { RowFile, rowFileBytes } from '../../data/files/row-file.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { makeFolderOf } from '../../folder.ts';
import { formatBytes } from '../../report/units.ts';
import type { Context } from '../../step.ts';
import { type Answered, type AnswerLayout, joined, layoutOf, numbersOf, rowAt } from './answer-layout.ts';

export interface AnswerKey {
  /** Everything that answers depend on. */
  readonly content: readonly unknown[];
  /** What they may depend on in teachers that look at a batch as a whole: its rows, the threads. */
  readonly circumstances: string;
  readonly rows: number;
}

const ENDING = '.answers';
/** Higher when the same content has other answers, or they lie otherwise. */
const VERSION = 1;
const aboutSchema = z.strictObject({
  version: z.literal(VERSION),
  rows: z.int(),
  circumstances: z.string(),
  layout: z.array(z.tuple([z.string(), z.array(z.int().nonnegative())])),
});

export class StoredAnswers {
  readonly #path: string;
  readonly #key: AnswerKey;
  readonly #room: FileRoom;
  readonly #context: Context;
  #layout: AnswerLayout | null = null;
  #file: RowFile | null = null;
  #sure = true;
  #closed = false;

  private constructor(path: string, key: AnswerKey, room: FileRoom, context: Context) {
    this.#path = path;
    this.#key = key;
    this.#room = room;
    this.#context = context;
  }

  /** @throws LlmcError WRITE_FAILED for a folder that cannot be used */
  static async open(key: AnswerKey, room: FileRoom, context: Context): Promise<StoredAnswers> {
    makeFolderOf('--teacher-cache', room.folder);
    const name = createHash('sha256')
      .update(JSON.stringify([VERSION, key.rows, key.content]))
      .digest('hex');
    const stored = new StoredAnswers(join(room.folder, `${name}${ENDING}`), key, room, context);
    await stored.#find();
    return stored;
  }

  /**
   * False while answers come from other circumstances: batches of other rows, another number of threads. Teachers answer
   * row by row, but nobody promises that: what is stored is used once it was seen to equal what the teacher says.
   */
  get sure(): boolean {
    return this.#sure;
  }

  /** Null when one of the rows is not known. */
  async take(rows: readonly number[]): Promise<Map<string, HostTensor> | null> {
    const found = await this.#read(rows);
    const known = found.filter((row) => row !== null);
    return this.#layout && rows.length > 0 && known.length === rows.length
      ? joined(this.#layout, known)
      : null;
  }

  /** Compares what is stored with what was said, and begins anew where it differs. */
  async judge(rows: readonly number[], tensors: Answered): Promise<void> {
    const layout = this.#layout;
    if (this.#sure || !layout || this.#closed) return;
    const found = await this.#read(rows);
    const said = String(layoutOf(tensors, rows.length)) === String(layout);
    const alike = found.map((row, at) => row === null || (said && same(row, rowAt(layout, tensors, at))));
    if (alike.includes(false)) {
      await this.close();
      await rm(this.#path, { force: true });
      [this.#layout, this.#sure, this.#closed] = [null, true, false];
      this.#context.note(
        'stored answers of the teacher depend on the batches they came in: it is asked again',
      );
    } else this.#sure = found.some((row) => row !== null);
  }

  /** Failures to store are no failures. */
  async put(rows: readonly number[], tensors: Answered): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#begin(rows, tensors);
      const [layout, file] = [this.#layout, this.#file];
      if (layout && file)
        await Promise.all(rows.map((row, at) => file.write(row, bytesOf(rowAt(layout, tensors, at)))));
    } catch (error) {
      this.#context.note(`answers of the teacher are not stored: ${(error as Error).message}`);
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#file?.close().catch(() => {});
    this.#file = null;
  }

  async #find(): Promise<void> {
    const text = await RowFile.about(this.#path);
    const about = aboutSchema.safeParse(text === null ? null : parsed(text));
    if (text === null || !about.success || about.data.rows !== this.#key.rows) return;
    const { layout, circumstances } = about.data;
    this.#file = await RowFile.open(this.#path, text, numbersOf(layout) * 4).catch(() => null);
    if (!this.#file) return;
    await markUsed(this.#path);
    this.#layout = layout;
    this.#sure = circumstances === this.#key.circumstances;
  }

  async #begin(rows: readonly number[], tensors: Answered): Promise<void> {
    if (this.#file) return;
    const { rows: all, circumstances } = this.#key;
    const layout = layoutOf(tensors, rows.length);
    if (!layout) return await this.close();
    const about = JSON.stringify({ version: VERSION, rows: all, circumstances, layout });
    const size = numbersOf(layout) * 4;
    const bytes = rowFileBytes(about, all, size);
    if (!(await makeRoom(this.#room, ENDING, bytes))) {
      const why = `answers of the teacher take ${formatBytes(bytes)}, --teacher-cache-size is ${formatBytes(this.#room.mostBytes)}`;
      this.#context.note(`${why}: they are not stored`);
      return await this.close();
    }
    this.#file = await RowFile.create(this.#path, about, all, size);
    this.#layout = layout;
  }

  async #read(rows: readonly number[]): Promise<(Float32Array | null)[]> {
    const file = this.#file;
    if (!file) return rows.map(() => null);
    const read = async (row: number) => {
      const bytes = await file.read(row).catch(() => null);
      return bytes && new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    };
    return await Promise.all(rows.map(read));
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function same(a: Float32Array, b: Float32Array): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
