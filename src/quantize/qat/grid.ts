/** Codes of a constant behind DequantizeLinear, and the floats they stand for. */
import { DTYPES, type DType } from '../../ir/dtype.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Node } from '../../ir/node.ts';
import { sizeOf, Tensor } from '../../ir/tensor.ts';
import { packCodes, unpackCodes } from '../../numeric/packing.ts';
import { roundHalfEven } from '../../numeric/rounding.ts';
import type { Span } from './fake.ts';

/** What DequantizeLinear says of its first input. */
export interface Grid {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly scales: Float32Array;
  /** Null for none. */
  readonly zeroPoints: ArrayLike<number> | null;
  /** Which scale each element has. */
  readonly scaleAt: (element: number) => number;
  /** The least and the largest code there are; of sums, such as biases, those of the type. */
  readonly used: readonly [number, number];
}

/** Null for nodes that read no constant codes with constant scales. */
export function gridOf(node: Node): Grid | null {
  const codes = node.constant(0);
  const scale = node.constant(1);
  const zero = node.input(2);
  if (!codes || scale?.dtype !== 'float32' || (zero && !zero.tensor)) return null;
  const values = elementsOf(codes);
  if (!values) return null;
  return {
    dtype: codes.dtype,
    dims: codes.dims,
    scales: floatsOf(scale),
    zeroPoints: zero?.tensor ? elementsOf(zero.tensor) : null,
    scaleAt: scaleIndex(node, codes.dims, scale.dims),
    used: codes.dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : extremes(values),
  };
}

function extremes(values: ArrayLike<number>): readonly [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at++) {
    const code = values[at] as number;
    if (code < least) least = code;
    if (code > most) most = code;
  }
  return [least, most];
}

/** What lies on each of its scales; of zero points, which mostly are near each other, the first counts. */
export function spanOf({ dims, scales, zeroPoints, used }: Grid): Span {
  const point = zeroPoints?.[0] ?? 0;
  return { elements: sizeOf(dims) / scales.length, steps: Math.max(used[1] - point, point - used[0], 1) };
}

/** (code - zero point) * scale, element by element. */
export function floatsAt(grid: Grid, codes: Tensor): Float32Array {
  const values = elementsOf(codes) ?? [];
  return Float32Array.from({ length: values.length }, (_, at) => {
    const scale = grid.scaleAt(at);
    return ((values[at] as number) - (grid.zeroPoints?.[scale] ?? 0)) * (grid.scales[scale] as number);
  });
}

/** The nearest codes, within those that were used before: some kernels have no room for more. */
export function codesAt(grid: Grid, floats: Float32Array): Tensor {
  const [least, most] = grid.used;
  const codes = Array.from(floats, (value, at) => {
    const scale = grid.scaleAt(at);
    const code = roundHalfEven(value / (grid.scales[scale] as number)) + (grid.zeroPoints?.[scale] ?? 0);
    return Math.min(Math.max(code, least), most);
  });
  return Tensor.of(grid.dtype, grid.dims, arrayOf(grid.dtype, codes));
}

/** Elements of an integer tensor; null for other types. */
export function elementsOf(tensor: Tensor): ArrayLike<number> | null {
  const bits = packedBits(tensor.dtype);
  if (bits !== null) {
    const packed = tensor.array() as Uint8Array;
    const size = sizeOf(tensor.dims);
    return tensor.dtype.startsWith('u')
      ? unpackCodes(packed, bits, size)
      : unpackCodes(packed, bits, size, true);
  }
  const array = tensor.array();
  return DTYPES[tensor.dtype].code === DTYPES.float32.code || typeof array[0] === 'bigint'
    ? null
    : (array as ArrayLike<number>);
}

/** Bits of types of which several codes share a byte. */
function packedBits(dtype: DType): 2 | 4 | null {
  if (dtype === 'int4' || dtype === 'uint4') return 4;
  return dtype === 'int2' || dtype === 'uint2' ? 2 : null;
}

function arrayOf(dtype: DType, codes: readonly number[]): ArrayBufferView {
  const bits = packedBits(dtype);
  if (bits !== null) return packCodes(Uint8Array.from(codes), bits);
  switch (dtype) {
    case 'int8':
      return Int8Array.from(codes);
    case 'uint8':
      return Uint8Array.from(codes);
    case 'int16':
      return Int16Array.from(codes);
    case 'uint16':
      return Uint16Array.from(codes);
    default:
      return Int32Array.from(codes);
  }
}

/** One scale for all, for each position of an axis, or for each block along it. */
function scaleIndex(
  node: Node,
  dims: readonly number[],
  own: readonly number[],
): (element: number) => number {
  if (sizeOf(own) === 1) return () => 0;
  const stated = node.int('axis', 1);
  const axis = stated < 0 ? stated + dims.length : stated;
  const inner = sizeOf(dims.slice(axis + 1));
  const size = dims[axis] ?? 1;
  if (own.length === 1) return (element) => Math.floor(element / inner) % size;
  const block = node.int('block_size', 0) || 1;
  const blocks = own[axis] ?? 1;
  return (element) => {
    const outer = Math.floor(element / (inner * size));
    const at = Math.floor(element / inner) % size;
    return (outer * blocks + Math.floor(at / block)) * inner + (element % inner);
  };
}
