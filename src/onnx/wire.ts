/** Decoding protobuf by table: reads through a window, so that weights stay in the file. */
import { type ByteSource, memoryBytes } from '../ir/bytes.ts';
import { Budget, COST } from './budget.ts';
import { Cursor, malformed } from './cursor.ts';
import type { Field, MessageTable } from './schema.ts';
import { copyBytes, JoinedBytes } from './small-bytes.ts';
import { decodeText } from './text.ts';

/** A decoded message: fields by name, `unknown` for the rest. The interfaces of proto.ts say which. */
export type Decoded = Record<string, unknown> & { unknown?: Uint8Array[] };

/** Payloads up to this size are copied into memory; larger ones stay where they are. */
const INLINE = 1 << 15;
/** Messages inside messages; one subgraph level is three. Deeper files are hostile: onnxruntime stops at 100. */
const MAX_DEPTH = 300;
/** Longest text in bytes: JavaScript's strings end at twice that. */
const MAX_TEXT = 1 << 28;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** What one call of `decode` works with. */
interface Reading {
  readonly cursor: Cursor;
  readonly budget: Budget;
}

/**
 * Decodes a message. Large payloads become ranges of `source` that are read on demand.
 * @throws LlmcError MODEL_UNREADABLE when the bytes are not such a message.
 */
export function decode(table: MessageTable, source: ByteSource): Decoded {
  const reading = { cursor: new Cursor(source), budget: new Budget(source.byteLength) };
  return decodeMessage(table, reading, source.byteLength, 0, {});
}

/** Decodes into `out`: a message that comes in two pieces is one message (protobuf, "last one wins"). */
function decodeMessage(
  table: MessageTable,
  reading: Reading,
  end: number,
  depth: number,
  out: Decoded,
): Decoded {
  const { cursor, budget } = reading;
  if (depth > MAX_DEPTH) throw malformed(`messages are nested deeper than ${MAX_DEPTH}`, cursor.position);
  budget.message(table.name);
  let unknown: JoinedBytes | null = null;
  while (cursor.position < end) {
    const start = cursor.position;
    const tag = cursor.uint();
    const field = table.byId[tag >>> 3];
    const known = field !== undefined && decodeField(out, field, tag & 7, reading, end, depth);
    if (!known) {
      budget.spend(COST.field);
      unknown ??= new JoinedBytes();
      unknown.add(unknownField(cursor, start, tag, end));
    }
    if (cursor.position > end) throw malformed(`${table.name} runs past its end`, start);
  }
  if (unknown) {
    budget.spend(COST.bytes);
    out.unknown = [...(out.unknown ?? []), unknown.finish()];
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
  reading: Reading,
  end: number,
  depth: number,
): boolean {
  const { cursor } = reading;
  switch (field.kind) {
    case 'message': {
      if (wireType !== DELIMITED || !field.message) return false;
      const length = lengthWithin(cursor, end);
      const into = field.repeated ? {} : ((out[field.name] ?? {}) as Decoded);
      put(out, field, decodeMessage(field.message(), reading, cursor.position + length, depth + 1, into));
      return true;
    }
    case 'string':
      if (wireType !== DELIMITED) return false;
      put(out, field, text(reading, end));
      return true;
    case 'bytes':
      if (wireType !== DELIMITED) return false;
      reading.budget.spend(COST.bytes);
      put(out, field, copyBytes(cursor.view(lengthWithin(cursor, end))));
      return true;
    case 'varint':
      return decodeNumbers(out, field, wireType, VARINT, reading, end);
    case 'float':
      return decodeNumbers(out, field, wireType, FIXED32, reading, end);
    case 'payload':
      if (wireType !== DELIMITED) return false;
      put(out, field, payload(reading, lengthWithin(cursor, end)));
      return true;
    case 'packed32':
      return decodePacked(out, field, wireType, FIXED32, reading, end);
    case 'packed64':
      return decodePacked(out, field, wireType, FIXED64, reading, end);
    case 'packedVarint':
      return decodePacked(out, field, wireType, VARINT, reading, end);
  }
}

function put(out: Decoded, field: Field, value: unknown): void {
  if (!field.repeated) out[field.name] = value;
  else if (Array.isArray(out[field.name])) (out[field.name] as unknown[]).push(value);
  else out[field.name] = [value];
}

function text({ cursor, budget }: Reading, end: number): string {
  const length = lengthWithin(cursor, end);
  if (length > MAX_TEXT) throw malformed(`a text of ${length} bytes`, cursor.position);
  budget.spend(COST.string + length);
  return decodeText(cursor.view(length));
}

function decodeNumbers(
  out: Decoded,
  field: Field,
  wireType: number,
  own: number,
  { cursor, budget }: Reading,
  end: number,
): boolean {
  const read = () => (own === VARINT ? cursor.int64() : cursor.float());
  if (wireType === own) {
    if (field.repeated) budget.spend(COST.field);
    put(out, field, read());
    return true;
  }
  if (wireType !== DELIMITED || !field.repeated) return false;
  const length = lengthWithin(cursor, end);
  budget.spend(COST.number * length);
  const stop = cursor.position + length;
  if (length === 0 && out[field.name] === undefined) out[field.name] = [];
  while (cursor.position < stop) put(out, field, read());
  if (cursor.position > stop) throw malformed('a number runs past its list', stop);
  return true;
}

/** Typed tensor data: packed spans stay undecoded; loose elements (old proto2 writers) are gathered into one span. */
function decodePacked(
  out: Decoded,
  field: Field,
  wireType: number,
  own: number,
  reading: Reading,
  end: number,
): boolean {
  const { cursor } = reading;
  if (wireType === DELIMITED) {
    put(out, field, payload(reading, lengthWithin(cursor, end)));
    return true;
  }
  if (wireType !== own) return false;
  reading.budget.spend(COST.span);
  const tag = (field.id << 3) | own;
  const gathered = new JoinedBytes();
  for (;;) {
    gathered.add(looseElement(cursor, own, end));
    const before = cursor.position;
    if (before < end && cursor.uint() === tag) continue;
    cursor.seek(before);
    break;
  }
  put(out, field, memoryBytes(gathered.finish()));
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

function payload({ cursor, budget }: Reading, length: number): ByteSource {
  budget.spend(COST.span);
  if (length <= INLINE) return memoryBytes(copyBytes(cursor.view(length)));
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
  return source.file ? { ...range, file: { ...source.file, offset: source.file.offset + start } } : range;
}

/** The whole of a field no table knows, with its tag; a view of the window. */
function unknownField(cursor: Cursor, start: number, tag: number, end: number): Uint8Array {
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
  return cursor.view(stop - start);
}
