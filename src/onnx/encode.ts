/** Encoding protobuf by table, back to front: a message is there before its length is written, payloads stay references. */
import type { Int64 } from '../ir/attribute.ts';
import type { ByteSource } from '../ir/bytes.ts';
import type { Field, MessageTable } from './schema.ts';
import { encodeText } from './text.ts';
import type { Decoded } from './wire.ts';

/** An encoded message as parts to be written one after the other. */
export interface Encoded {
  readonly byteLength: number;
  readonly parts: readonly (Uint8Array | ByteSource)[];
}

/** Payloads up to this size are copied among the other bytes rather than written on their own. */
const INLINE = 1 << 12;
const [FIRST_BUFFER, LARGEST_BUFFER] = [1 << 13, 1 << 20];
const TWO_32 = 2 ** 32;

const float = new Float32Array(1);
const floatBytes = new Uint8Array(float.buffer);

/** Takes bytes from the last to the first. */
class Backward {
  /** From the last to the first. */
  readonly #parts: (Uint8Array | ByteSource)[] = [];
  /** Bytes in `#parts`. */
  #flushed = 0;
  #buffer = new Uint8Array(FIRST_BUFFER);
  /** Bytes `#start` to `#end` of the buffer are in use and in no part yet. */
  #start = FIRST_BUFFER;
  #end = FIRST_BUFFER;

  /** Bytes so far. */
  get byteLength(): number {
    return this.#flushed + this.#end - this.#start;
  }

  finish(): Encoded {
    this.#flush();
    return { byteLength: this.#flushed, parts: this.#parts.reverse() };
  }

  /** Unsigned, up to 2^53. */
  varint(value: number): void {
    let [low, high] = [value >>> 0, Math.floor(value / TWO_32)];
    let length = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
    const at = this.#take(length);
    for (let i = 0; i < length - 1; i++) {
      this.#buffer[at + i] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#buffer[at + length - 1] = low;
  }

  /** Two's complement in 64 bits. */
  int64(value: Int64): void {
    if (typeof value === 'number' && value >= 0) {
      this.varint(value);
      return;
    }
    const bytes: number[] = [];
    let bits = BigInt.asUintN(64, BigInt(value));
    for (; bits >= 128n; bits >>= 7n) bytes.push(Number(bits & 127n) | 128);
    bytes.push(Number(bits));
    this.#copy(bytes);
  }

  float(value: number): void {
    float[0] = value;
    this.#copy(floatBytes);
  }

  /** The bytes now, if they are few; a large array stays a reference. */
  bytes(bytes: Uint8Array): void {
    if (bytes.byteLength <= INLINE) this.#copy(bytes);
    else this.reference(bytes);
  }

  reference(part: Uint8Array | ByteSource): void {
    this.#flush();
    this.#parts.push(part);
    this.#flushed += part.byteLength;
  }

  text(text: string): void {
    if (text.length > INLINE || !this.#ascii(text)) this.bytes(encodeText(text));
  }

  /** False, having written nothing, when some character is none. */
  #ascii(text: string): boolean {
    const at = this.#take(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        this.#start += text.length;
        return false;
      }
      this.#buffer[at + i] = code;
    }
    return true;
  }

  #copy(bytes: ArrayLike<number>): void {
    const at = this.#take(bytes.length); // which may replace the buffer
    this.#buffer.set(bytes, at);
  }

  /** Room for `count` bytes in front of the others. */
  #take(count: number): number {
    if (this.#start < count) {
      this.#flush();
      const size = Math.max(count, Math.min(2 * this.#buffer.byteLength, LARGEST_BUFFER));
      this.#buffer = new Uint8Array(size);
      this.#start = size;
      this.#end = size;
    }
    this.#start -= count;
    return this.#start;
  }

  #flush(): void {
    if (this.#start === this.#end) return;
    this.#parts.push(this.#buffer.subarray(this.#start, this.#end));
    this.#flushed += this.#end - this.#start;
    this.#end = this.#start;
  }
}

/** Encodes a message of `table`; the inverse of `decode`. Fields are written in the order of their numbers. */
export function encode(table: MessageTable, message: object): Encoded {
  const out = new Backward();
  encodeMessage(out, table, message as Decoded);
  return out.finish();
}

function encodeMessage(out: Backward, table: MessageTable, values: Decoded): void {
  const unknown = values.unknown ?? [];
  for (let at = unknown.length - 1; at >= 0; at--) out.bytes(unknown[at] as Uint8Array);
  for (let at = table.fields.length - 1; at >= 0; at--) {
    const field = table.fields[at] as Field;
    const value = values[field.name];
    if (value === undefined) continue;
    if (!field.repeated) encodeField(out, field, value);
    else {
      const items = value as readonly unknown[];
      for (let item = items.length - 1; item >= 0; item--) encodeField(out, field, items[item]);
    }
  }
}

function encodeField(out: Backward, field: Field, value: unknown): void {
  if (field.kind === 'varint') {
    out.int64(value as Int64);
    out.varint(field.id << 3);
    return;
  }
  if (field.kind === 'float') {
    out.float(value as number);
    out.varint((field.id << 3) | 5);
    return;
  }
  const after = out.byteLength;
  encodeDelimited(out, field, value);
  out.varint(out.byteLength - after);
  out.varint((field.id << 3) | 2);
}

function encodeDelimited(out: Backward, field: Field, value: unknown): void {
  switch (field.kind) {
    case 'message':
      if (field.message) encodeMessage(out, field.message(), value as Decoded);
      return;
    case 'string':
      out.text(value as string);
      return;
    case 'bytes':
      out.bytes(value as Uint8Array);
      return;
    default:
      payload(out, value as ByteSource);
  }
}

function payload(out: Backward, source: ByteSource): void {
  if (source.byteLength === 0) return;
  if (source.byteLength <= INLINE && !source.file && !source.computed) out.bytes(source.read());
  else out.reference(source);
}
