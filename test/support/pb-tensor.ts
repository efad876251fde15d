/** Tensors of .pb files and initializers, by onnx-proto: as raw bytes and as inputs for a session. */

import { readFileSync } from 'node:fs';
import { onnx } from 'onnx-proto';
import type { HostTensor, TypedArray } from '../../src/data/host-tensor.ts';

type Maker = (buffer: ArrayBuffer) => TypedArray;

/** Element types by ONNX code: name, how a session holds them, bytes per element. */
const TYPES: Readonly<Record<number, readonly [dtype: string, make: Maker, width: number]>> = {
  1: ['float32', (buffer) => new Float32Array(buffer), 4],
  2: ['uint8', (buffer) => new Uint8Array(buffer), 1],
  3: ['int8', (buffer) => new Int8Array(buffer), 1],
  4: ['uint16', (buffer) => new Uint16Array(buffer), 2],
  5: ['int16', (buffer) => new Int16Array(buffer), 2],
  6: ['int32', (buffer) => new Int32Array(buffer), 4],
  7: ['int64', (buffer) => new BigInt64Array(buffer), 8],
  9: ['bool', (buffer) => new Uint8Array(buffer), 1],
  10: ['float16', (buffer) => new Uint16Array(buffer), 2],
  11: ['float64', (buffer) => new Float64Array(buffer), 8],
  12: ['uint32', (buffer) => new Uint32Array(buffer), 4],
  13: ['uint64', (buffer) => new BigUint64Array(buffer), 8],
};

/** The elements as little-endian bytes; undefined for types this oracle does not convert (strings, complex, bfloat16). */
export function tensorBytes(proto: onnx.ITensorProto): Uint8Array | undefined {
  if (proto.rawData && proto.rawData.length > 0) return proto.rawData;
  const type = TYPES[proto.dataType ?? 0];
  if (type === undefined) return undefined;
  const lists = [proto.floatData, proto.int32Data, proto.int64Data, proto.doubleData, proto.uint64Data];
  const numbers: readonly unknown[] = lists.find((list) => list && list.length > 0) ?? [];
  const [dtype, make, width] = type;
  const array = make(new ArrayBuffer(numbers.length * width));
  for (const [index, number] of numbers.entries()) {
    if (array instanceof BigInt64Array || array instanceof BigUint64Array)
      array[index] = BigInt(String(number));
    else array[index] = dtype.startsWith('float') ? (number as number) : Number(String(number));
  }
  return new Uint8Array(array.buffer);
}

/** The tensor of a .pb file, or undefined when it is a sequence, optional or of a type sessions do not take. */
export function readPbTensor(path: string): HostTensor | undefined {
  const proto = onnx.TensorProto.decode(readFileSync(path));
  const dims = proto.dims.map((dim) => Number(String(dim)));
  if (proto.dataType === 8) {
    return {
      dtype: 'string',
      dims,
      data: proto.stringData.map((text) => Buffer.from(text).toString('utf8')),
    };
  }
  const type = TYPES[proto.dataType];
  const bytes = tensorBytes(proto);
  if (type === undefined || bytes === undefined) return undefined;
  const [dtype, make] = type;
  return { dtype, dims, data: make(Uint8Array.from(bytes).buffer) };
}
