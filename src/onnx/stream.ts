/** Streams byte sources into a file: ranges are copied range to range, computed parts are made when their turn comes. */
import { constants, type FileHandle, open } from 'node:fs/promises';
import type { ByteSource } from '../ir/bytes.ts';

const CHUNK = 1 << 22;

export interface StreamOptions {
  readonly signal: AbortSignal;
  /** Called with the number of bytes just written. */
  readonly onBytes: (count: number) => void;
  readonly foresight?: Foresight | undefined;
}

/** Computes bytes before they are read, e.g. on other threads. */
export interface Foresight {
  /** Told once, before anything is written: the sources in the order in which they will be read. */
  plan(sources: readonly ByteSource[]): void;
  /** Resolves when the next `read` of `source` has as little left to compute as there will ever be. */
  ready(source: ByteSource): Promise<void>;
}

/** Writes parts one after the other with one write always under way while the next part is read or computed. */
export class FileStream {
  readonly #handle: FileHandle;
  readonly #options: StreamOptions;
  #position = 0;
  #pending: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, options: StreamOptions) {
    this.#handle = handle;
    this.#options = options;
  }

  static async create(path: string, options: StreamOptions): Promise<FileStream> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    return new FileStream(await open(path, flags, 0o666), options);
  }

  /** Zeros up to `offset`. */
  async padTo(offset: number): Promise<void> {
    if (offset > this.#position) await this.write(new Uint8Array(offset - this.#position));
  }

  async write(part: Uint8Array | ByteSource): Promise<void> {
    if (part instanceof Uint8Array) return this.#bytes(part);
    if (!part.file) {
      await this.#options.foresight?.ready(part);
      return this.#bytes(part.read());
    }
    for (let at = 0; at < part.byteLength; at += CHUNK)
      await this.#bytes(part.read(at, Math.min(part.byteLength, at + CHUNK)));
  }

  async #bytes(bytes: Uint8Array): Promise<void> {
    this.#options.signal.throwIfAborted();
    await this.#pending;
    this.#pending = this.#writeAll(bytes, this.#position);
    // Whoever awaits next sees the failure; until then it must not count as unhandled.
    this.#pending.catch(() => {});
    this.#position += bytes.byteLength;
  }

  async #writeAll(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const length = Math.min(1 << 30, bytes.byteLength - done);
      const { bytesWritten } = await this.#handle.write(bytes, done, length, position + done);
      done += bytesWritten;
    }
    this.#options.onBytes(bytes.byteLength);
  }

  /** Waits for the last write, flushes to the disk and closes. */
  async finish(): Promise<void> {
    try {
      await this.#pending;
      await this.#handle.sync();
    } finally {
      await this.#handle.close();
    }
  }

  /** Closes after a failure. */
  async abandon(): Promise<void> {
    await this.#pending.catch(() => {});
    await this.#handle.close().catch(() => {});
  }
}
