/** Keeps rows that came one after the other: in memory, and what is too much of it in a temporary file. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onInterrupt } from '../../cleanup.ts';
import { allocate, elementCount, type HostTensor } from '../host-tensor.ts';

type Row = Readonly<Record<string, HostTensor>>;

/** Where a tensor lies in the file. */
interface Stored {
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly offset: number;
}

type Entry = HostTensor | Stored;

export class RowStore {
  readonly #rows: Readonly<Record<string, Entry>>[] = [];
  readonly #most: number;
  #held = 0;
  #written = 0;
  #file: number | null = null;

  /** @param most bytes kept in memory */
  constructor(most = 256 * 2 ** 20) {
    this.#most = most;
  }

  get length(): number {
    return this.#rows.length;
  }

  add(row: Row): void {
    this.#rows.push(
      Object.fromEntries(Object.entries(row).map(([name, tensor]) => [name, this.#keep(tensor)])),
    );
  }

  /** A tensor of a row; undefined when the row has none of this name. */
  get(index: number, name: string): HostTensor | undefined {
    const entry = this.#rows[index]?.[name];
    return entry && 'offset' in entry ? this.#read(entry) : entry;
  }

  /** A copy, for whoever made the row may use its memory again. */
  #keep({ dtype, dims, data }: HostTensor): Entry {
    if (Array.isArray(data)) return { dtype, dims, data: [...data] };
    if (this.#held + data.byteLength <= this.#most) {
      this.#held += data.byteLength;
      return { dtype, dims, data: data.slice() };
    }
    this.#file ??= temporaryFile();
    const offset = this.#written;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, bytes.length - done, offset + done);
    this.#written += bytes.length;
    return { dtype, dims, offset };
  }

  #read({ dtype, dims, offset }: Stored): HostTensor {
    const data = allocate(dtype, elementCount(dims));
    const bytes = new Uint8Array(data.buffer);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file ?? -1, bytes, done, bytes.length - done, offset + done);
      if (read === 0) throw new Error('the temporary file of the rows is too short');
      done += read;
    }
    return { dtype, dims, data };
  }
}

/** Gone when the process ends, however it does. */
function temporaryFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'llmc-rows-'));
  const file = openSync(join(folder, 'rows'), 'w+');
  let gone = false;
  const remove = (): void => {
    if (gone) return;
    gone = true;
    try {
      closeSync(file);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  onInterrupt(remove);
  process.once('exit', remove);
  return file;
}
