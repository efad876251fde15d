/** A position in a byte source with a window of it in memory: the lowest level of reading protobuf. */
import protobuf from 'protobufjs/minimal.js';
import { LlmcError } from '../errors.ts';
import type { Int64 } from '../ir/attribute.ts';
import type { ByteSource } from '../ir/bytes.ts';

/** The first window after a jump over a payload, and the largest once many were read one after the other. */
const [FIRST_WINDOW, LARGEST_WINDOW] = [1 << 14, 1 << 20];
/** Tags and lengths have 32 bits at most. */
const MAX_UINT = 0xffff_ffff;

/** Says why the bytes are not the message they should be; the reader of the file adds which file. */
export function malformed(what: string, at: number): LlmcError {
  return new LlmcError('MODEL_UNREADABLE', `${what} at byte ${at}`, {
    hint: 'the file is truncated, damaged or not an ONNX model; export or download it again',
  });
}

/** Reads forward through a source; protobufjs reads inside the window. */
export class Cursor {
  readonly source: ByteSource;
  #base = 0;
  #reader = protobuf.Reader.create(new Uint8Array(0));
  #window = FIRST_WINDOW;

  constructor(source: ByteSource) {
    this.source = source;
    this.#load(0, 0);
  }

  get position(): number {
    return this.#base + this.#reader.pos;
  }

  /** Makes `count` bytes (or what is left of the source) available in the window. */
  #ensure(count: number): void {
    if (this.#reader.pos + count > this.#reader.len) this.#load(this.position, count);
  }

  #load(start: number, count: number): void {
    this.#window = start === this.position ? Math.min(2 * this.#window, LARGEST_WINDOW) : FIRST_WINDOW;
    const end = Math.min(this.source.byteLength, start + Math.max(this.#window, count));
    this.#reader = new protobuf.Reader(this.source.read(start, end));
    this.#base = start;
  }

  /** Small unsigned number: a tag or a length. */
  uint(): number {
    const start = this.position;
    const value = this.int64();
    if (typeof value !== 'number' || value < 0 || value > MAX_UINT)
      throw malformed('an impossible tag or length', start);
    return value;
  }

  float(): number {
    this.#ensure(4);
    try {
      return this.#reader.float();
    } catch {
      throw malformed('the data ends early', this.position);
    }
  }

  /** A varint as signed 64 bit: a number when exact, else a bigint. */
  int64(): Int64 {
    this.#ensure(10);
    const { buf, len } = this.#reader;
    let pos = this.#reader.pos;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= len) throw malformed('a number ends early', this.position);
      const byte = buf[pos++] as number;
      const part = byte & 0x7f;
      if (shift < 32) low |= part << shift;
      if (shift >= 32) high |= part << (shift - 32);
      else if (shift > 25) high |= part >>> (32 - shift);
      if (byte >= 0x80) continue;
      this.#reader.pos = pos;
      return joined(high, low >>> 0);
    }
    throw malformed('a number is longer than 64 bits', this.position);
  }

  /** The next `count` bytes, a view of the window. */
  view(count: number): Uint8Array {
    this.#ensure(count);
    const { buf, pos, len } = this.#reader;
    if (pos + count > len) throw malformed('the data ends early', this.position);
    this.#reader.pos = pos + count;
    return buf.subarray(pos, pos + count);
  }

  seek(position: number): void {
    const pos = position - this.#base;
    if (pos >= 0 && pos <= this.#reader.len) this.#reader.pos = pos;
    else this.#load(position, 0);
  }
}

/** A signed high and an unsigned low half. */
function joined(high: number, low: number): Int64 {
  const value = high * 2 ** 32 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
}
