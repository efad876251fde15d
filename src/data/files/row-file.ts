/**
 * A file of rows of one size that are written and read in any order. Each has a checksum, so what was not written yet,
 * or not wholly, is told apart from what was: a process may end at any time, and several may fill the same file.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { crc32 } from '../formats/crc32.ts';

const CHECK_BYTES = 4;
/** Rows begin at multiples of this behind what the file says of itself. */
const PAGE = 4096;
/** No head is longer. */
const HEAD_LIMIT = 1 << 20;

/** Bytes of such a file. */
export function rowFileBytes(about: string, rows: number, rowBytes: number): number {
  return startOf(about) + rows * (rowBytes + CHECK_BYTES);
}

export class RowFile {
  readonly #handle: FileHandle;
  readonly #start: number;
  readonly #rowBytes: number;

  private constructor(handle: FileHandle, start: number, rowBytes: number) {
    this.#handle = handle;
    this.#start = start;
    this.#rowBytes = rowBytes;
  }

  /** What a file says of itself, one line; null when there is none, or it is no such file. */
  static async about(path: string): Promise<string | null> {
    const handle = await open(path, 'r').catch(() => null);
    if (!handle) return null;
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_LIMIT), 0, HEAD_LIMIT, 0);
      const end = buffer.subarray(0, bytesRead).indexOf(10);
      return end < 0 ? null : buffer.toString('utf8', 0, end);
    } finally {
      await handle.close();
    }
  }

  /** Of a file that says this of itself, with rows of this size. Throws what opening it throws. */
  static async open(path: string, about: string, rowBytes: number): Promise<RowFile> {
    return new RowFile(await open(path, 'r+'), startOf(about), rowBytes);
  }

  /** An empty file in the place of what is there; it appears with its head or not at all. Throws what writing throws. */
  static async create(path: string, about: string, rows: number, rowBytes: number): Promise<RowFile> {
    const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
    const handle = await open(temporary, 'wx+');
    try {
      await handle.write(`${about}\n`, 0);
      // Takes no room on the disk before rows come.
      await handle.truncate(rowFileBytes(about, rows, rowBytes));
      await rename(temporary, path);
      return new RowFile(handle, startOf(about), rowBytes);
    } catch (error) {
      await handle.close();
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Null for a row that was never written, or is not what was written. */
  async read(row: number): Promise<Uint8Array | null> {
    const size = this.#rowBytes + CHECK_BYTES;
    const bytes = new Uint8Array(size);
    const { bytesRead } = await this.#handle.read(bytes, 0, size, this.#start + row * size);
    const check = new DataView(bytes.buffer).getUint32(this.#rowBytes, true);
    const content = bytes.subarray(0, this.#rowBytes);
    return bytesRead === size && check === checkOf(content, row) ? content : null;
  }

  async write(row: number, content: Uint8Array): Promise<void> {
    const size = this.#rowBytes + CHECK_BYTES;
    const bytes = new Uint8Array(size);
    bytes.set(content);
    new DataView(bytes.buffer).setUint32(this.#rowBytes, checkOf(content, row), true);
    await this.#handle.write(bytes, 0, size, this.#start + row * size);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function startOf(about: string): number {
  return Math.ceil((Buffer.byteLength(about) + 1) / PAGE) * PAGE;
}

/** Of a row in its place: no bytes have 0, which is what stands in a file nobody has written to. */
function checkOf(content: Uint8Array, row: number): number {
  return ((crc32(content) ^ Math.imul(row + 1, 0x9e3779b1)) >>> 0 || 1) >>> 0;
}
