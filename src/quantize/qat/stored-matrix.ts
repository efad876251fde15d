/** Reads matrices stored in blocks back: who multiplies with them or looks rows up in them, and their parts. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { packedLength, unpackCodes } from '../../numeric/packing.ts';

/** A matrix of `outputs` rows of `inputs` numbers in blocks, as MatMulNBits and GatherBlockQuantized read it. */
export interface StoredMatrix {
  readonly inputs: number;
  readonly outputs: number;
  readonly bits: 2 | 4 | 8;
  readonly blockSize: number;
  /** uint8, bit after bit, block after block */
  readonly codes: Value;
  /** float32, one for each block */
  readonly scales: Value;
  /** Bytes of their own for each row; null for the middle code. */
  readonly zeroPoints: Value | null;
}

/** Null for other operators, and where parts are computed, reordered or of types that are not written here. */
export function storedMatrix(node: Node): StoredMatrix | null {
  if (node.opType === 'com.microsoft.MatMulNBits') {
    const [, codes, scales, zeroPoints = null, order = null] = node.inputs;
    const [inputs, outputs] = [node.int('K'), node.int('N')];
    return order ? null : checked(node, { codes, scales, zeroPoints, inputs, outputs });
  }
  if (node.opType !== 'com.microsoft.GatherBlockQuantized') return null;
  if (node.int('gather_axis') !== 0 || node.int('quantize_axis', 1) !== 1) return null;
  const [data, , scales, zeroPoints = null] = node.inputs;
  const rows = data?.tensor?.dims ?? data?.producer?.constant(1)?.array();
  if (rows?.length !== 2) return null;
  const codes = data?.tensor ? data : data?.producer?.op === 'Reshape' ? data.producer.input(0) : null;
  const [outputs, bytes] = Array.from(rows as ArrayLike<number | bigint>, Number) as [number, number];
  return checked(node, { codes, scales, zeroPoints, outputs, inputs: (bytes * 8) / node.int('bits', 4) });
}

interface Parts {
  readonly codes: Value | null | undefined;
  readonly scales: Value | null | undefined;
  readonly zeroPoints: Value | null;
  readonly inputs: number;
  readonly outputs: number;
}

function checked(node: Node, { codes, scales, zeroPoints, inputs, outputs }: Parts): StoredMatrix | null {
  const bits = node.int('bits', 4);
  const blockSize = node.int('block_size', 128);
  if (bits !== 2 && bits !== 4 && bits !== 8) return null;
  if (codes?.tensor?.dtype !== 'uint8' || scales?.tensor?.dtype !== 'float32') return null;
  if (zeroPoints && zeroPoints.tensor?.dtype !== 'uint8') return null;
  const blocks = Math.ceil(inputs / blockSize);
  const whole = codes.tensor.size === outputs * blocks * packedLength(blockSize, bits);
  if (!whole || scales.tensor.size !== outputs * blocks) return null;
  return { inputs, outputs, bits, blockSize, codes, scales, zeroPoints };
}

/** Codes, one for each number, padding included, and zero points, one for each block. */
export function codesOf({ inputs, outputs, bits, blockSize, codes, zeroPoints }: StoredMatrix): {
  readonly codes: Uint8Array;
  readonly points: Uint8Array;
} {
  const blocks = Math.ceil(inputs / blockSize);
  const points = new Uint8Array(outputs * blocks).fill(1 << (bits - 1));
  const packed = zeroPoints?.tensor?.array() as Uint8Array | undefined;
  const bytes = packedLength(blocks, bits);
  for (let row = 0; packed && row < outputs; row++)
    points.set(unpackCodes(packed.subarray(row * bytes, (row + 1) * bytes), bits, blocks), row * blocks);
  const loose = unpackCodes(codes.tensor?.array() as Uint8Array, bits, outputs * blocks * blockSize);
  return { codes: loose, points };
}
