/** Decoding protobuf by table: reads through a window, so that weights stay in the file. */
import protobuf from 'protobufjs/minimal.js';
import { LlmcError } from '../errors.ts';
import type { Int64 } from '../ir/attribute.ts';
import { type ByteSource, memoryBytes } from '../ir/bytes.ts';
import type { Field, MessageTable } from './schema.ts';
import { decodeText } from './text.ts';

/** A decoded message: fields by name, `unknown` for the rest. The interfaces of proto.ts say which. */
export type Decoded = Record<string, unknown> & { unknown?: Uint8Array[] };

const WINDOW = 1 << 20;
/** Payloads up to this size are copied into memory; larger ones stay where they are. */
const INLINE = 1 << 15;
/** Messages inside messages; one subgraph level is three. Deeper files are hostile: onnxruntime stops at 100. */
const MAX_DEPTH = 300;
const MAX_MESSAGES = 30_000_000;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** Says why the bytes are not the message they should be; the reader of the file adds which file. */
function malformed(what: string, at: number): LlmcError {
  return new LlmcError('MODEL_UNREADABLE', `${what} at byte ${at}`, {
    hint: 'the file is truncated, damaged or not an ONNX model; export or download it again',
  });
}

/** A position in a byte source with a window of it in memory; protobufjs reads inside the window. */
class Cursor {
  readonly source: ByteSource;
  messages = 0;
  #base = 0;
  #reader = protobuf.Reader.create(new Uint8Array(0));

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
    const end = Math.min(this.source.byteLength, start + Math.max(WINDOW, count));
    this.#reader = new protobuf.Reader(this.source.read(start, end));
    this.#base = start;
  }

  /** Small unsigned number: a tag or a length. */
  uint(): number {
    this.#ensure(10);
    return this.guard(() => this.#reader.uint32());
  }

  float(): number {
    this.#ensure(4);
    return this.guard(() => this.#reader.float());
  }

  /** A varint as signed 64 bit: a number when exact, else a bigint. */
  int64(): Int64 {
    this.#ensure(10);
    const { buf, len } = this.#reader;
    let pos = this.#reader.pos;
    let low = 0;
    let shift = 0;
    for (; shift < 28; shift += 7) {
      if (pos >= len) throw malformed('a number ends early', this.position);
      const byte = buf[pos++] as number;
      low += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        this.#reader.pos = pos;
        return low;
      }
    }
    let value = BigInt(low);
    for (; shift < 70; shift += 7) {
      if (pos >= len) throw malformed('a number ends early', this.position);
      const byte = buf[pos++] as number;
      value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) {
        this.#reader.pos = pos;
        value = BigInt.asIntN(64, value);
        return Number.isSafeInteger(Number(value)) ? Number(value) : value;
      }
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

  guard<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (cause instanceof LlmcError) throw cause;
      throw malformed('the data ends early', this.position);
    }
  }
}

/**
 * Decodes a message. Large payloads become ranges of `source` that are read on demand.
 * @throws LlmcError MODEL_UNREADABLE when the bytes are not such a message.
 */
export function decode(table: MessageTable, source: ByteSource): Decoded {
  return decodeMessage(table, new Cursor(source), source.byteLength, 0);
}

function decodeMessage(table: MessageTable, cursor: Cursor, end: number, depth: number): Decoded {
  if (depth > MAX_DEPTH) throw malformed(`messages are nested deeper than ${MAX_DEPTH}`, cursor.position);
  if (++cursor.messages > MAX_MESSAGES)
    throw malformed(`more than ${MAX_MESSAGES} messages`, cursor.position);
  const out: Decoded = {};
  while (cursor.position < end) {
    const start = cursor.position;
    const tag = cursor.uint();
    const field = table.byId[tag >>> 3];
    const known = field !== undefined && decodeField(out, field, tag & 7, cursor, end, depth);
    if (!known) skipUnknown(out, cursor, start, tag, end);
    if (cursor.position > end) throw malformed(`${table.name} runs past its end`, start);
  }
  return out;
}

/** Length of the delimited field ahead, checked against the message it is in. */
function lengthWithin(cursor: Cursor, end: number): number {
  const length = cursor.uint();
  if (cursor.position + length > end)
    throw malformed(`a field of ${length} bytes runs past its message`, cursor.position);
  return length;
}

/** Decodes one occurrence; false when the wire type is not one this field can have (it is then kept as unknown). */
function decodeField(
  out: Decoded,
  field: Field,
  wireType: number,
  cursor: Cursor,
  end: number,
  depth: number,
): boolean {
  switch (field.kind) {
    case 'message': {
      if (wireType !== DELIMITED || !field.message) return false;
      const length = lengthWithin(cursor, end);
      put(out, field, decodeMessage(field.message(), cursor, cursor.position + length, depth + 1));
      return true;
    }
    case 'string':
      if (wireType !== DELIMITED) return false;
      put(out, field, decodeText(cursor.view(lengthWithin(cursor, end))));
      return true;
    case 'bytes':
      if (wireType !== DELIMITED) return false;
      put(out, field, cursor.view(lengthWithin(cursor, end)).slice());
      return true;
    case 'varint':
      return decodeNumbers(out, field, wireType, VARINT, cursor, end, () => cursor.int64());
    case 'float':
      return decodeNumbers(out, field, wireType, FIXED32, cursor, end, () => cursor.float());
    case 'payload':
      if (wireType !== DELIMITED) return false;
      put(out, field, payload(cursor, lengthWithin(cursor, end)));
      return true;
    case 'packed32':
      return decodePacked(out, field, wireType, FIXED32, cursor, end);
    case 'packed64':
      return decodePacked(out, field, wireType, FIXED64, cursor, end);
    case 'packedVarint':
      return decodePacked(out, field, wireType, VARINT, cursor, end);
  }
}

function put(out: Decoded, field: Field, value: unknown): void {
  if (!field.repeated) out[field.name] = value;
  else if (Array.isArray(out[field.name])) (out[field.name] as unknown[]).push(value);
  else out[field.name] = [value];
}

function decodeNumbers(
  out: Decoded,
  field: Field,
  wireType: number,
  own: number,
  cursor: Cursor,
  end: number,
  read: () => Int64,
): boolean {
  if (wireType === own) {
    put(out, field, read());
    return true;
  }
  if (wireType !== DELIMITED || !field.repeated) return false;
  const length = lengthWithin(cursor, end);
  const stop = cursor.position + length;
  if (length === 0 && out[field.name] === undefined) out[field.name] = [];
  while (cursor.position < stop) put(out, field, read());
  return true;
}

/** Typed tensor data: packed spans stay undecoded; loose elements (old proto2 writers) are gathered into one span. */
function decodePacked(
  out: Decoded,
  field: Field,
  wireType: number,
  own: number,
  cursor: Cursor,
  end: number,
): boolean {
  if (wireType === DELIMITED) {
    put(out, field, payload(cursor, lengthWithin(cursor, end)));
    return true;
  }
  if (wireType !== own) return false;
  const tag = (field.id << 3) | own;
  const parts: Uint8Array[] = [];
  for (;;) {
    parts.push(looseElement(cursor, own, end).slice());
    const before = cursor.position;
    if (before < end && cursor.uint() === tag) continue;
    cursor.seek(before);
    break;
  }
  put(out, field, memoryBytes(Buffer.concat(parts)));
  return true;
}

function looseElement(cursor: Cursor, wireType: number, end: number): Uint8Array {
  if (wireType === FIXED32) return cursor.view(4);
  if (wireType === FIXED64) return cursor.view(8);
  const start = cursor.position;
  cursor.int64();
  if (cursor.position > end) throw malformed('a number runs past its message', start);
  const length = cursor.position - start;
  cursor.seek(start);
  return cursor.view(length);
}

function payload(cursor: Cursor, length: number): ByteSource {
  if (length <= INLINE) return memoryBytes(cursor.view(length).slice());
  const { source } = cursor;
  const start = cursor.position;
  cursor.seek(start + length);
  return rangeOf(source, start, length);
}

/** A part of a source; ranges of files stay ranges of files. */
export function rangeOf(source: ByteSource, start: number, byteLength: number): ByteSource {
  const range: ByteSource = {
    byteLength,
    read: (from = 0, to = byteLength) => source.read(start + from, start + Math.min(to, byteLength)),
  };
  return source.file
    ? { ...range, file: { path: source.file.path, offset: source.file.offset + start } }
    : range;
}

function skipUnknown(out: Decoded, cursor: Cursor, start: number, tag: number, end: number): void {
  const wireType = tag & 7;
  if (tag >>> 3 === 0) throw malformed('field number 0', start);
  if (wireType === VARINT) cursor.int64();
  else if (wireType === FIXED64) cursor.view(8);
  else if (wireType === FIXED32) cursor.view(4);
  else if (wireType === DELIMITED) cursor.view(lengthWithin(cursor, end));
  else throw malformed(`unknown wire type ${wireType}`, start);
  const stop = cursor.position;
  if (stop > end) throw malformed('a field runs past its message', start);
  cursor.seek(start);
  const unknown = out.unknown ?? [];
  unknown.push(cursor.view(stop - start).slice());
  out.unknown = unknown;
}
