/** Writes protobuf by hand, so that tests can make files no exporter would. */

/** A varint of 64 bits; negative numbers take ten bytes. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** A length-delimited field: a message, a string or bytes. */
export function field(id: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint(id * 8 + 2), varint(body.length), body]);
}

/** A varint field. */
export function number(id: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(id * 8), varint(value)]);
}

/** `piece` again and again up to about `byteLength` bytes. */
export function repeated(piece: Uint8Array, byteLength: number): Buffer {
  const count = Math.floor(byteLength / piece.length);
  const bytes = Buffer.alloc(count * piece.length);
  for (let i = 0; i < count; i++) bytes.set(piece, i * piece.length);
  return bytes;
}

// Field numbers of onnx.proto under the names of its messages.
export const graph = (...parts: readonly Uint8Array[]) => field(7, ...parts);
export const node = (...parts: readonly Uint8Array[]) => field(1, ...parts);
export const nodeInput = (name: string) => field(1, name);
export const nodeOutput = (name: string) => field(2, name);
export const opType = (name: string) => field(4, name);
export const attribute = (...parts: readonly Uint8Array[]) => field(5, ...parts);
export const attributeGraph = (...parts: readonly Uint8Array[]) => field(6, ...parts);
export const initializer = (...parts: readonly Uint8Array[]) => field(5, ...parts);
export const graphInput = (name: string) => field(11, field(1, name));
export const graphOutput = (name: string) => field(12, field(1, name));
export const tensorName = (name: string) => field(8, name);
export const dim = (size: number | bigint) => number(1, size);
export const dataType = (code: number) => number(2, code);
export const rawData = (bytes: Uint8Array) => field(9, bytes);
export const irVersion = (version: number) => number(1, version);
export const opsetImport = (version: number) => field(8, number(2, version));

/** IR 8, opset 17 and a graph of these parts. */
export function model(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([irVersion(8), graph(...parts), opsetImport(17)]);
}

/** external_data entries and data_location of a tensor. */
export function externalData(entries: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat([
    ...Object.entries(entries).map(([key, value]) => field(13, field(1, key), field(2, value))),
    number(14, 1),
  ]);
}
