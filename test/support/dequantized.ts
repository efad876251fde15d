/** What quantized weights stand for, read back from a quantized model by name and shape: an oracle of its own. */

import type { Model } from '../../src/ir/model.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { allGraphs } from '../../src/ir/walk.ts';

/** A weight as the quantized model has it, in the order of the original one. */
export interface Dequantized {
  readonly values: Float64Array;
  /** The step between neighbouring codes, for each element. */
  readonly steps: Float64Array;
  /** The distance in steps of each element's code to the lowest and to the highest code. */
  readonly room: Float64Array;
}

type Codes = ArrayLike<number>;

/** The weight `name` with dims `dims` in a quantized model; null when it is not there in a known form. */
export function dequantizedWeight(model: Model, name: string, dims: readonly number[]): Dequantized | null {
  const tensors = new Map<string, Tensor>();
  for (const graph of allGraphs(model))
    for (const value of graph.initializers) if (value.tensor) tensors.set(value.name, value.tensor);
  for (const bits of [2, 4, 8]) {
    const packed = tensors.get(`${name}_Q${bits}`);
    if (packed) return fromBlocks(tensors, name, dims, packed, bits);
    const blocked = tensors.get(`${name}_DQ_Q${bits}`);
    if (blocked) return fromBlockedLinear(tensors, name, dims, blocked, bits);
  }
  const codes = tensors.get(`${name}_quantized`);
  return codes ? fromLinear(tensors, name, dims, codes) : null;
}

function required(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`the model has no ${name}`);
  return tensor;
}

function make(
  size: number,
  at: (index: number) => { code: number; zero: number; scale: number; low: number; high: number },
): Dequantized {
  const values = new Float64Array(size);
  const steps = new Float64Array(size);
  const room = new Float64Array(size);
  for (let index = 0; index < size; index++) {
    const { code, zero, scale, low, high } = at(index);
    values[index] = (code - zero) * scale;
    steps[index] = Math.abs(scale);
    room[index] = Math.min(code - low, high - code);
  }
  return { values, steps, room };
}

/** Eight bits with one scale, or one for each index of an axis, found by its length; codes may lie transposed. */
function fromLinear(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  dims: readonly number[],
  codes: Tensor,
): Dequantized {
  const scales = required(tensors, `${name}_scale`);
  const zeros = tensors.get(`${name}_zero_point`);
  const flipped = codes.dims.join() !== dims.join();
  const data = codes.array() as Codes;
  const scale = scales.array() as Codes;
  const zero = zeros ? (zeros.array() as Codes) : [codes.dtype === 'uint8' ? 128 : 0];
  const axis = dims.findIndex((dim) => dim === scales.size && dim > 1);
  const inner = axis < 0 ? 1 : dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const [rows, columns] = dims.slice(-2) as [number, number];
  const [low, high] = codes.dtype === 'uint8' ? [0, 255] : [-128, 127];
  return make(codes.size, (index) => {
    const channel = axis < 0 ? 0 : Math.floor(index / inner) % (dims[axis] as number);
    const matrix = Math.floor(index / (rows * columns)) * rows * columns;
    const [row, column] = [Math.floor((index - matrix) / columns), (index - matrix) % columns];
    const place = flipped ? matrix + column * rows + row : index;
    return {
      code: data[place] as number,
      zero: zero[zero.length > 1 ? channel : 0] as number,
      scale: scale[scale.length > 1 ? channel : 0] as number,
      low,
      high,
    };
  });
}

/** MatMulNBits: codes [n, blocks, bytes] of a weight [k, n] or [n, k], low bits first. */
function fromBlocks(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  dims: readonly number[],
  packed: Tensor,
  bits: number,
): Dequantized {
  const [n, blocks, bytes] = packed.dims as [number, number, number];
  const blockSize = (bytes * 8) / bits;
  const scales = floats(required(tensors, `${name}_scales`));
  const zeroTensor = tensors.get(`${name}_zero_points`);
  const data = packed.array() as Uint8Array;
  const zeros = zeroTensor?.array() as Uint8Array | undefined;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const [first, second] = dims.slice(-2) as [number, number];
  const rows = first === n && Math.ceil(second / blockSize) === blocks;
  const k = rows ? second : first;
  return make(n * k, (index) => {
    const [row, column] = rows ? [Math.floor(index / k), index % k] : [index % n, Math.floor(index / n)];
    const block = Math.floor(column / blockSize);
    const start = (row * blocks + block) * bytes;
    return {
      code: bitsAt(data, start, column % blockSize, bits),
      zero: zeros ? bitsAt(zeros, row * zeroBytes, block, bits) : 2 ** (bits - 1),
      scale: scales[row * blocks + block] as number,
      low: 0,
      high: 2 ** bits - 1,
    };
  });
}

/** DequantizeLinear in blocks: codes as the weight, scales with one axis divided by the block size. */
function fromBlockedLinear(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  dims: readonly number[],
  codes: Tensor,
  bits: number,
): Dequantized {
  const scales = required(tensors, `${name}_DQ_scales`);
  const zeroTensor = tensors.get(`${name}_DQ_zero_points`);
  const [rows, columns] = dims as [number, number];
  const [scaleRows, scaleColumns] = scales.dims as [number, number];
  const byRow = scaleColumns === columns;
  const size = [16, 32, 64, 128, 256].find((each) =>
    byRow ? Math.ceil(rows / each) === scaleRows : Math.ceil(columns / each) === scaleColumns,
  );
  if (!size) throw new Error(`no block size makes [${scales.dims}] of [${dims}]`);
  const signed = codes.dtype.startsWith('int');
  const data = codes.bytes();
  const zeros = zeroTensor?.bytes();
  const scale = floats(scales);
  return make(rows * columns, (index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    const at = byRow
      ? Math.floor(row / size) * columns + column
      : row * scaleColumns + Math.floor(column / size);
    return {
      code: sign(bitsAt(data, 0, index, bits), bits, signed),
      zero: zeros ? sign(bitsAt(zeros, 0, at, bits), bits, signed) : 0,
      scale: scale[at] as number,
      low: signed ? -(2 ** (bits - 1)) : 0,
      high: signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1,
    };
  });
}

function bitsAt(bytes: Uint8Array, start: number, index: number, bits: number): number {
  const bit = index * bits;
  return ((bytes[start + (bit >> 3)] as number) >> (bit & 7)) & ((1 << bits) - 1);
}

function sign(code: number, bits: number, signed: boolean): number {
  return signed && code >= 2 ** (bits - 1) ? code - 2 ** bits : code;
}

function floats(tensor: Tensor): ArrayLike<number> {
  const array = tensor.array();
  if (!(array instanceof Float32Array)) throw new Error(`scales of type ${tensor.dtype}`);
  return array;
}
