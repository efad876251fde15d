/** Encoding protobuf by table: small fields become bytes, payloads stay references, lengths are known up front. */
import protobuf from 'protobufjs/minimal.js';
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

/** Payloads up to this size are copied into the header bytes rather than written on their own. */
const INLINE = 1 << 12;

/** Collects parts, joining neighbouring small ones through one protobufjs writer. */
class Gather {
  readonly #parts: (Uint8Array | ByteSource)[] = [];
  #byteLength = 0;
  #writer = protobuf.Writer.create();

  get writer(): protobuf.Writer {
    return this.#writer;
  }

  #flush(): void {
    if (this.#writer.len === 0) return;
    const bytes = this.#writer.finish();
    this.#parts.push(bytes);
    this.#byteLength += bytes.byteLength;
    this.#writer = protobuf.Writer.create();
  }

  /** A length-delimited field made of parts. */
  delimited(tag: number, encoded: Encoded): void {
    const [only] = encoded.parts;
    if (encoded.parts.length === 0) this.#writer.uint32(tag).uint32(0);
    else if (encoded.parts.length === 1 && only instanceof Uint8Array) this.#writer.uint32(tag).bytes(only);
    else {
      this.#writer.uint32(tag).uint32(encoded.byteLength);
      this.#flush();
      // One by one: as arguments of a single call, many parts overflow the stack.
      for (const part of encoded.parts) this.#parts.push(part);
      this.#byteLength += encoded.byteLength;
    }
  }

  /** Bytes as they are, e.g. an unknown field with its tag. */
  verbatim(bytes: Uint8Array): void {
    this.#flush();
    this.#parts.push(bytes);
    this.#byteLength += bytes.byteLength;
  }

  finish(): Encoded {
    this.#flush();
    const light = this.#parts.every((part) => part instanceof Uint8Array);
    if (light && this.#parts.length > 1)
      return {
        byteLength: this.#byteLength,
        parts: [Buffer.concat(this.#parts as Uint8Array[])],
      };
    return { byteLength: this.#byteLength, parts: this.#parts };
  }
}

/** Encodes a message of `table`; the inverse of `decode`. Fields are written in the order of their numbers. */
export function encode(table: MessageTable, message: object): Encoded {
  const values = message as Decoded;
  const gather = new Gather();
  for (const field of table.fields) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (field.repeated) for (const item of value as readonly unknown[]) encodeField(gather, field, item);
    else encodeField(gather, field, value);
  }
  for (const bytes of values.unknown ?? []) gather.verbatim(bytes);
  return gather.finish();
}

function encodeField(gather: Gather, field: Field, value: unknown): void {
  const delimitedTag = (field.id << 3) | 2;
  switch (field.kind) {
    case 'message':
      if (field.message) gather.delimited(delimitedTag, encode(field.message(), value as object));
      return;
    case 'string':
      gather.writer.uint32(delimitedTag).bytes(encodeText(value as string));
      return;
    case 'bytes':
      gather.writer.uint32(delimitedTag).bytes(value as Uint8Array);
      return;
    case 'varint':
      writeInt64(gather.writer.uint32(field.id << 3), value as Int64);
      return;
    case 'float':
      gather.writer.uint32((field.id << 3) | 5).float(value as number);
      return;
    default:
      gather.delimited(delimitedTag, payloadParts(value as ByteSource));
  }
}

function writeInt64(writer: protobuf.Writer, value: Int64): void {
  if (typeof value === 'number' && value >= 0 && value < 2 ** 31) {
    writer.uint32(value);
    return;
  }
  const bits = BigInt.asUintN(64, BigInt(value));
  // protobufjs takes {low, high} where the `long` package is not installed.
  writer.int64({
    low: Number(bits & 0xffffffffn) | 0,
    high: Number(bits >> 32n) | 0,
    unsigned: false,
  } as Long);
}

type Long = Exclude<Parameters<protobuf.Writer['int64']>[0], number | string | bigint>;

function payloadParts(source: ByteSource): Encoded {
  if (source.byteLength === 0) return { byteLength: 0, parts: [] };
  const small = source.byteLength <= INLINE && !source.file && !source.computed;
  return { byteLength: source.byteLength, parts: [small ? source.read() : source] };
}
