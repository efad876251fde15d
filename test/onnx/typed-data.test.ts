import { describe, expect, it } from 'vitest';
import { memoryBytes } from '../../src/ir/bytes.ts';
import { byteLengthOf, DTYPES, type DType } from '../../src/ir/dtype.ts';
import { decodeModel } from '../../src/onnx/read.ts';
import { tensorTable } from '../../src/onnx/schema.ts';
import { tensorFromProto } from '../../src/onnx/tensor-from-proto.ts';
import { decode } from '../../src/onnx/wire.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import {
  dataType,
  dim,
  field,
  initializer,
  model,
  number,
  rawData,
  tensorName,
  varint,
} from './wire-bytes.ts';

const DTYPE_NAMES = Object.keys(DTYPES) as DType[];
const FLOAT_FIELDS: Partial<Record<DType, number>> = {
  float32: 4,
  complex64: 4,
  float64: 10,
  complex128: 10,
};
const WIDE_FIELDS: Partial<Record<DType, number>> = { int64: 7, uint64: 11, uint32: 11 };

/** `count` elements of a type as raw bytes, with the highest and the lowest bits set somewhere. */
function rawOf(dtype: DType, count: number): Buffer {
  const length = byteLengthOf(dtype, count);
  return Buffer.from(
    Uint8Array.from({ length }, (_, i) => (i === 0 ? 0x80 : i % 3 === 1 ? 0xff : (i * 37) & 0xff)),
  );
}

/** The elements of `raw` as the typed field of the TensorProto has them: whole bytes of packed types. */
function typedField(dtype: DType, raw: Buffer): Buffer {
  const floats = FLOAT_FIELDS[dtype];
  if (floats !== undefined) return field(floats, raw);
  const width = Math.max(1, DTYPES[dtype].bits / 8);
  const signed = DTYPES[dtype].kind === 'int' && DTYPES[dtype].bits >= 8;
  const values: bigint[] = [];
  for (let at = 0; at < raw.length; at += width) {
    let value = 0n;
    for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw.readUInt8(at + i));
    values.push(signed ? BigInt.asIntN(width * 8, value) : value);
  }
  return field(WIDE_FIELDS[dtype] ?? 5, ...values.map(varint));
}

function tensorOf(...parts: readonly Uint8Array[]) {
  return tensorFromProto(decode(tensorTable, memoryBytes(Buffer.concat(parts))), { external: null });
}

describe('typed data', () => {
  it.for(DTYPE_NAMES.filter((name) => name !== 'string'))('of %s reads as the raw data would', (dtype) => {
    const raw = rawOf(dtype, 12);
    const head = Buffer.concat([dim(3), dim(4), dataType(DTYPES[dtype].code)]);
    const typed = tensorOf(head, typedField(dtype, raw));
    expect(Buffer.from(typed.bytes()).equals(raw)).toBe(true);
    expect(Buffer.from(tensorOf(head, rawData(raw)).bytes()).equals(raw)).toBe(true);
    const { array } = { array: typed.array() };
    expect(Buffer.from(array.buffer, array.byteOffset, array.byteLength).equals(raw)).toBe(true);
  });

  it('takes the low bits of an element of int32_data that is wider than its type', () => {
    const wide = field(5, varint(0x1_3c00), varint(-0x8000));
    const tensor = tensorOf(dim(2), dataType(DTYPES.float16.code), wide);
    expect([...tensor.array()]).toEqual([0x3c00, 0x8000]);
    const negative = tensorOf(dim(2), dataType(DTYPES.int4.code), field(5, varint(-1)));
    expect([...negative.bytes()]).toEqual([0xff]);
  });

  it('reads 64-bit elements exactly', () => {
    const values = [0n, -1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 32n, 2n ** 31n];
    const tensor = tensorOf(dim(values.length), dataType(7), field(7, ...values.map(varint)));
    expect([...(tensor.array() as BigInt64Array)]).toEqual(values);
  });

  it('joins several spans', () => {
    const tensor = tensorOf(dim(3), dataType(6), field(5, varint(1)), field(5, varint(2), varint(3)));
    expect(tensor.numbers()).toEqual([1, 2, 3]);
  });

  it('refuses at once where the field is too short for the dims', () => {
    expect(() => tensorOf(dim(2 ** 40), dataType(1), field(4, Buffer.alloc(8)))).toThrow(/needs/);
    expect(() => tensorOf(dim(2 ** 40), dataType(7), field(7, varint(1)))).toThrow(/needs/);
    expect(() => tensorOf(dim(3), dataType(1), field(4, Buffer.alloc(16)))).toThrow(/needs/);
  });

  it('refuses another number of elements when it is read', () => {
    const three = field(5, varint(1000), varint(2), varint(3));
    for (const size of [2, 4])
      expect(() => tensorOf(dim(size), dataType(6), three).bytes()).toThrow(/int32_data/);
  });

  it('refuses numbers of more than 64 bits quickly, however long', () => {
    const endless = field(7, Buffer.alloc(4 << 20, 0xff));
    const start = performance.now();
    expect(() => tensorOf(dim(1), dataType(7), endless).bytes()).toThrow(/int64_data/);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('has no elements without a field when the dims ask for none', () => {
    expect(tensorOf(dim(0), dim(2 ** 40), dataType(1)).bytes()).toHaveLength(0);
  });

  it('keeps strings as bytes and counts them', () => {
    const strings = [field(6, 'a'), field(6, Buffer.from([0xff])), field(6, '')];
    const tensor = tensorOf(dim(3), dataType(8), ...strings);
    expect(tensor.strings?.map((text) => [...text])).toEqual([[97], [255], []]);
    expect(() => tensorOf(dim(2), dataType(8), ...strings)).toThrow(/3 strings, needs 2/);
  });

  it('is written back as it was', () => {
    const bytes = model(initializer(dim(2), dataType(6), field(5, varint(-1), varint(7)), tensorName('w')));
    expect(Buffer.from(encodeModel(decodeModel(bytes))).equals(bytes)).toBe(true);
  });
});

describe('dims', () => {
  const impossible: readonly (readonly (number | bigint)[])[] = [
    [-1],
    [2, -3],
    [2 ** 40, 2 ** 40],
    [2 ** 44],
    [2n ** 62n, 4],
    [...Array.from({ length: 30 }, () => 2n ** 62n), 0],
    Array.from({ length: 64 }, () => 2),
    [-(2n ** 63n)],
  ];
  it.for(impossible)('%s are refused', (dims) => {
    expect(() => tensorOf(...dims.map(dim), dataType(1))).toThrow(/impossible dims/);
  });

  it('that the data does not match are refused', () => {
    expect(() => tensorOf(dim(2 ** 40), dataType(1), rawData(Buffer.alloc(8)))).toThrow(/has 8 bytes/);
    expect(() => tensorOf(dim(3), dataType(DTYPES.int4.code), rawData(Buffer.alloc(3)))).toThrow(/needs 2/);
    expect(() => tensorOf(dim(3), dataType(1))).toThrow(/has 0 bytes, needs 12/);
  });

  it('of an element type ONNX does not define are refused', () => {
    for (const code of [0, -1, 99, 2 ** 40])
      expect(() => tensorOf(dim(1), number(2, code))).toThrow(/element type/);
  });

  it('are shown shortened when there are many', () => {
    const many = Array.from({ length: 5000 }, () => dim(1));
    expect(() => tensorOf(...many, dataType(1))).toThrow(/5000 in all/);
  });
});
