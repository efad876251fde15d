import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import type { Int64 } from '../../src/ir/attribute.ts';
import { type ByteSource, memoryBytes } from '../../src/ir/bytes.ts';
import { encode } from '../../src/onnx/encode.ts';
import type { ModelProto, NodeProto } from '../../src/onnx/proto.ts';
import { type MessageTable, modelTable, tensorTable } from '../../src/onnx/schema.ts';
import { type Decoded, decode } from '../../src/onnx/wire.ts';
import { joinParts } from '../../src/onnx/write.ts';
import { seedFor, uniform } from '../../src/random.ts';
import { attribute, field, graph, model, node, number, varint } from './wire-bytes.ts';

function decodeModelProto(bytes: Uint8Array): ModelProto {
  return decode(modelTable, memoryBytes(bytes)) as ModelProto;
}

function encodeProto(proto: object, table: MessageTable = modelTable): Buffer {
  return Buffer.from(joinParts(encode(table, proto)));
}

/** The attribute `parts` of the only node of a model, after one trip through the codec. */
function attributeOf(...parts: readonly Uint8Array[]) {
  return decodeModelProto(model(node(attribute(...parts)))).graph?.node?.[0]?.attribute?.[0];
}

/** A message of `table` with random fields, to a limited depth. */
function randomMessage(table: MessageTable, next: () => number, depth: number): Decoded {
  const message: Decoded = {};
  const value = (kind: string, inner: MessageTable | null): unknown => {
    const bytes = () => Uint8Array.from({ length: Math.floor(next() * 20) }, () => next() * 256);
    if (inner) return randomMessage(inner, next, depth - 1);
    if (kind === 'string') return ['', 'weight', 'größe', '\u{1f600}/x', 'a\udc80b'][Math.floor(next() * 5)];
    if (kind === 'bytes') return bytes();
    if (kind === 'float') return Math.fround(next() * 8 - 4);
    if (kind === 'varint')
      return [0, 1, -1, 2 ** 31, -(2 ** 40), 2n ** 62n, -(2n ** 63n)][Math.floor(next() * 7)];
    return memoryBytes(bytes());
  };
  for (const { name, kind, repeated, message: inner } of table.fields) {
    if (next() < 0.5 || (inner && depth === 0)) continue;
    const make = () => value(kind, inner?.() ?? null);
    message[name] = repeated ? Array.from({ length: 1 + Math.floor(next() * 3) }, make) : make();
  }
  return message;
}

/** Sources become arrays, so that messages compare by value. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('read' in value) return [...(value as ByteSource).read()];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

describe('decode and encode', () => {
  it('are each other’s inverse for messages of every field there is', () => {
    const fieldsSeen = new Set<string>();
    for (let seed = 0; seed < 150; seed++) {
      const message = randomMessage(modelTable, uniform(seedFor('codec', seed)), 4);
      for (const key of Object.keys(message)) fieldsSeen.add(key);
      const bytes = encodeProto(message);
      const again = decode(modelTable, memoryBytes(bytes));
      expect(plain(again)).toEqual(plain(message));
      expect(encodeProto(again).equals(bytes)).toBe(true);
    }
    expect([...fieldsSeen].sort()).toEqual(modelTable.fields.map(({ name }) => name).sort());
  });

  it('read the same through a source that hands out any range as through memory', () => {
    const message = randomMessage(modelTable, uniform(7), 5);
    // Larger than the window, so that fields cross its edge.
    const padding = Array.from(
      { length: 3000 },
      (_, i): NodeProto => ({
        name: `node number ${i}`.padEnd(1 + ((i * 37) % 900), '.'),
      }),
    );
    const bytes = encodeProto({ ...message, graph: { node: padding } });
    expect(bytes.length).toBeGreaterThan(1 << 20);
    const ranged: ByteSource = {
      byteLength: bytes.length,
      read: (start = 0, end = bytes.length) => Uint8Array.from(bytes.subarray(start, end)),
    };
    expect(encodeProto(decode(modelTable, ranged)).equals(bytes)).toBe(true);
  });

  it('keep fields no table knows, at every level and of every wire type', () => {
    const strange = Buffer.concat([
      number(500, 77),
      field(501, 'a message of the future'),
      Buffer.concat([varint(502 * 8 + 1), Buffer.alloc(8, 1)]),
      Buffer.concat([varint(503 * 8 + 5), Buffer.alloc(4, 2)]),
    ]);
    const bytes = Buffer.concat([
      graph(field(1, field(4, 'Relu'), field(5, field(1, 'a'), strange), strange), strange),
      strange,
    ]);
    expect(encodeProto(decodeModelProto(bytes)).equals(bytes)).toBe(true);
  });

  it('keep a known field of a wire type it cannot have', () => {
    const bytes = Buffer.concat([graph(), number(2, 5)]);
    const proto = decodeModelProto(bytes);
    expect(proto.producer_name).toBeUndefined();
    expect(encodeProto(proto).equals(bytes)).toBe(true);
  });

  const integers: readonly Int64[] = [
    ...[0, 1, 127, 128, 2 ** 28, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 35 + 3, Number.MAX_SAFE_INTEGER],
    ...[-1, -128, -(2 ** 31), -(2 ** 32) - 5, Number.MIN_SAFE_INTEGER],
    ...[2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 53n), -(2n ** 53n) - 1n, -(2n ** 63n)],
  ];
  it.for(integers)('read the integer %s exactly and write it in its shortest form', (value) => {
    const read = attributeOf(number(3, value))?.i;
    expect(read).toBe(value);
    expect(encodeProto({ i: read }, { ...tableOf('AttributeProto') }).equals(number(3, value))).toBe(true);
  });

  it('refuse a varint above 64 bits and one that is cut off', () => {
    const long = Buffer.concat([Buffer.from([24]), Buffer.alloc(10, 0x80), Buffer.from([1])]);
    expect(() => attributeOf(long)).toThrow(/longer than 64 bits/);
    expect(() => decodeModelProto(Buffer.from([8, 0x80]))).toThrow(/ends early/);
  });

  it('refuse tags and lengths above 32 bits rather than cutting them', () => {
    const huge = Buffer.concat([Buffer.from([0x12]), varint(2n ** 32n + 3n), Buffer.from('abc')]);
    expect(() => decodeModelProto(huge)).toThrow(/impossible tag or length/);
  });

  it('read lists packed or one by one, and write them the same', () => {
    const values = [3, -1, 300];
    const loose = Buffer.concat(values.map((value) => number(8, value)));
    const packed = field(8, ...values.map(varint));
    const mixed = Buffer.concat([field(8, varint(3)), number(8, -1), field(8, varint(300))]);
    for (const bytes of [loose, packed, mixed]) expect(attributeOf(bytes)?.ints).toEqual(values);
  });

  it('refuse a packed list whose last number runs past it', () => {
    expect(() => attributeOf(Buffer.concat([field(8, Buffer.from([0x80])), number(3, 1)]))).toThrow(
      /runs past its list/,
    );
  });

  it('gather typed tensor data written one by one', () => {
    const loose = Buffer.concat([1, -2, 300].map((value) => number(5, value)));
    const [span, ...rest] = (decode(tensorTable, memoryBytes(loose)) as { int32_data: ByteSource[] })
      .int32_data;
    expect(rest).toEqual([]);
    expect(Buffer.from(span?.read() ?? []).equals(Buffer.concat([varint(1), varint(-2), varint(300)]))).toBe(
      true,
    );
  });

  it('join a message that comes in two pieces, as protobuf says', () => {
    const proto = decodeModelProto(
      Buffer.concat([graph(node(field(4, 'Relu'))), graph(node(field(4, 'Abs')), field(2, 'g'))]),
    );
    expect(proto.graph?.node?.map(({ op_type }) => op_type)).toEqual(['Relu', 'Abs']);
    expect(proto.graph?.name).toBe('g');
  });

  it('leave large payloads in the source', () => {
    const payload = Buffer.alloc(3 << 20, 7);
    const bytes = model(field(5, field(9, payload), field(8, 'w')));
    let read = 0;
    const source: ByteSource = {
      byteLength: bytes.length,
      file: { path: 'model.onnx', offset: 0 },
      read: (start = 0, end = bytes.length) => {
        read += end - start;
        return bytes.subarray(start, end);
      },
    };
    const proto = decode(modelTable, source) as ModelProto;
    const raw = proto.graph?.initializer?.[0]?.raw_data;
    expect(proto.graph?.initializer?.[0]?.name).toBe('w');
    expect(raw?.file).toEqual({ path: 'model.onnx', offset: bytes.indexOf(payload) });
    expect(read).toBeLessThan(payload.length / 2 + (1 << 20));
    expect(Buffer.from(raw?.read() ?? []).equals(payload)).toBe(true);
  });

  it('encode more parts than a call takes arguments', () => {
    const tensors = Array.from({ length: 150_000 }, () => ({ raw_data: filePart() }));
    const encoded = encode(modelTable, { graph: { initializer: tensors } });
    expect(encoded.parts.filter((part) => !(part instanceof Uint8Array))).toHaveLength(tensors.length);
  });

  it('refuse field number 0 and unknown wire types', () => {
    for (const bytes of [Buffer.from([0, 0]), Buffer.from([0x0b]), Buffer.from([0x0f])])
      expect(() => decodeModelProto(bytes)).toThrow(LlmcError);
  });
});

function filePart(): ByteSource {
  return { byteLength: 1, file: { path: 'x', offset: 0 }, read: () => new Uint8Array(1) };
}

/** A message table by name, found from the model's. */
function tableOf(name: string): MessageTable {
  const seen = new Set<MessageTable>();
  const find = (table: MessageTable): MessageTable | null => {
    if (table.name === name) return table;
    if (seen.has(table)) return null;
    seen.add(table);
    for (const { message } of table.fields) {
      const found = message ? find(message()) : null;
      if (found) return found;
    }
    return null;
  };
  const found = find(modelTable);
  if (!found) throw new Error(`no table ${name}`);
  return found;
}
