/** ONNX files as onnx-proto reads them, compared with what llmc's own codec reads: the oracle for files up to IR 8. */

import { onnx } from 'onnx-proto';
import type { ModelProto } from '../../src/onnx/proto.ts';

interface Bytes {
  readonly byteLength: number;
  read(): Uint8Array;
}

/** Typed tensor data: packed spans in llmc, arrays of numbers in onnx-proto. */
const PACKED: Readonly<Record<string, (numbers: readonly unknown[]) => Uint8Array>> = {
  float_data: (numbers) => bytesUnder(Float32Array.from(numbers as number[])),
  double_data: (numbers) => bytesUnder(Float64Array.from(numbers as number[])),
  int32_data: varints,
  int64_data: varints,
  uint64_data: varints,
};

/** The highest IR version whose fields onnx-proto knows. */
export const REFERENCE_IR = 8;

export function referenceModel(bytes: Uint8Array): onnx.ModelProto {
  return onnx.ModelProto.decode(bytes);
}

/** Where llmc's messages differ from onnx-proto's, both ways, over the fields onnx-proto knows; as paths. */
export function referenceDifferences(reference: onnx.ModelProto, own: ModelProto): string[] {
  const found: string[] = [];
  compareMessage(reference, own, 'model', found);
  return found;
}

function compareMessage(reference: object, own: object, path: string, found: string[]): void {
  const theirs = new Map(Object.entries(reference).filter(([, value]) => !isEmptyList(value)));
  const ours = new Map(Object.entries(own).filter(([, value]) => !isEmptyList(value)));
  for (const [key, value] of theirs) {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    compareField(value, ours.get(name), name, `${path}.${name}`, found);
    ours.delete(name);
  }
  for (const name of ours.keys()) {
    const key = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    // Fields of a later ONNX are not onnx-proto's to judge; it knows a field when its prototype has a default.
    if (name === 'unknown' || key in reference) found.push(`${path}.${name}: read by llmc only`);
  }
}

function compareField(reference: unknown, own: unknown, name: string, path: string, found: string[]): void {
  const packed = PACKED[name];
  if (packed) {
    const spans = Array.isArray(own) ? (own as Bytes[]).map((span) => span.read()) : [];
    if (!Buffer.concat(spans).equals(packed(reference as unknown[]))) found.push(`${path}: other numbers`);
  } else if (Array.isArray(reference)) {
    const items: unknown[] = Array.isArray(own) ? own : [];
    if (items.length !== reference.length)
      found.push(`${path}: ${reference.length} items, llmc has ${items.length}`);
    for (const [index, item] of reference.entries())
      compareItem(item, items[index], `${path}[${index}]`, found);
  } else compareItem(reference, own, path, found);
}

function compareItem(reference: unknown, own: unknown, path: string, found: string[]): void {
  if (reference instanceof Uint8Array) {
    const bytes = own instanceof Uint8Array ? own : isSource(own) ? own.read() : undefined;
    if (bytes === undefined || Buffer.compare(reference, bytes) !== 0) found.push(`${path}: other bytes`);
  } else if (typeof reference === 'object' && reference !== null && !('unsigned' in reference)) {
    if (typeof own === 'object' && own !== null) compareMessage(reference, own, path, found);
    else found.push(`${path}: missing`);
  } else if (typeof own === 'number' && Object.is(reference, own)) return;
  else if (String(reference) !== String(own))
    found.push(`${path}: ${String(reference)}, llmc has ${String(own)}`);
}

function isEmptyList(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function isSource(value: unknown): value is Bytes {
  return typeof value === 'object' && value !== null && 'read' in value;
}

function bytesUnder(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Numbers (or 64-bit objects that print as integers) as protobuf varints: negative ones take ten bytes. */
function varints(numbers: readonly unknown[]): Uint8Array {
  const bytes: number[] = [];
  for (const number of numbers) {
    let rest = BigInt.asUintN(64, BigInt(String(number)));
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
  }
  return Uint8Array.from(bytes);
}
