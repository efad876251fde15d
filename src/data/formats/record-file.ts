/** Reads records of an indexed text file in any order: neighbours with one read, ahead where they are read in order. */
import type { RangeSource } from './npy-array.ts';
import type { RecordsIndex } from './records-index.ts';

/** Bytes read at least when records are read one after the other. */
const AHEAD = 1 << 20;

/** Reading over a gap of so many bytes costs less than another read does. */
const GAP = 1 << 14;

interface Window {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Hands out the bytes of records, in the order asked for. */
export class RecordFile {
  readonly #source: RangeSource;
  readonly #index: RecordsIndex;
  #window: Window = { start: 0, bytes: Buffer.alloc(0) };

  constructor(source: RangeSource, index: RecordsIndex) {
    this.#source = source;
    this.#index = index;
  }

  /** One text per index; line ends may be part of it. */
  async read(indices: readonly number[]): Promise<string[]> {
    const texts = new Array<string>(indices.length);
    const order = indices.map((_, at) => at).sort((a, b) => (indices[a] as number) - (indices[b] as number));
    for (let first = 0; first < order.length; ) {
      const [start, firstEnd] = this.#rangeAt(order, indices, first);
      let end = firstEnd;
      let next = first + 1;
      for (; next < order.length; next++) {
        const [nextStart, nextEnd] = this.#rangeAt(order, indices, next);
        if (nextStart - end > GAP) break;
        end = Math.max(end, nextEnd);
      }
      const window = await this.#load(start, end);
      for (; first < next; first++) {
        const [from, to] = this.#rangeAt(order, indices, first);
        texts[order[first] as number] = window.bytes.toString('utf8', from - window.start, to - window.start);
      }
    }
    return texts;
  }

  #rangeAt(order: readonly number[], indices: readonly number[], at: number): readonly [number, number] {
    return this.#index.range(indices[order[at] as number] as number);
  }

  async #load(start: number, end: number): Promise<Window> {
    const held = this.#window;
    const heldEnd = held.start + held.bytes.length;
    if (start >= held.start && end <= heldEnd) return held;
    // What continues the last window is being read in order.
    const inOrder = start >= held.start && start <= heldEnd;
    const stop = Math.min(this.#source.byteLength, inOrder ? Math.max(end, start + AHEAD) : end);
    const bytes = await this.#source.read(start, stop - start);
    const window = { start, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    this.#window = window;
    return window;
  }
}
