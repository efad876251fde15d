/** Byte sources that see another source through dims and strides: transposed or sliced weights, read when needed. */
import { type ByteSource, bytesOf, computedBytes } from '../ir/bytes.ts';
import { sizeOf } from '../ir/tensor.ts';
import { rangeOf } from '../onnx/wire.ts';

/** Where element (i, j, ...) of a view lies in the base: `offset + i * strides[0] + j * strides[1] + ...`. */
export interface View {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The view of a whole row-major tensor. */
export function wholeView(dims: readonly number[]): View {
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  return { dims, strides, offset: 0 };
}

export function permuted(view: View, perm: readonly number[]): View {
  const pick = (list: readonly number[]): number[] => perm.map((axis) => list[axis] ?? 0);
  return { dims: pick(view.dims), strides: pick(view.strides), offset: view.offset };
}

/** `count` elements of one axis, from `start`, every `step`. */
export function sliced(view: View, axis: number, start: number, step: number, count: number): View {
  const stride = view.strides[axis] ?? 0;
  const replace = (list: readonly number[], value: number): number[] =>
    list.map((old, index) => (index === axis ? value : old));
  return {
    dims: replace(view.dims, count),
    strides: replace(view.strides, stride * step),
    offset: view.offset + (count > 0 ? start * stride : 0),
  };
}

const elements = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;
export type Width = keyof typeof elements;

type Elements = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** The bytes of a view; a plain range of the base where the view is contiguous. `width` is bytes per element. */
export function viewBytes(base: ByteSource, width: Width, view: View): ByteSource {
  const byteLength = sizeOf(view.dims) * width;
  const dense = wholeView(view.dims).strides;
  const contiguous = view.dims.every((dim, axis) => dim === 1 || view.strides[axis] === dense[axis]);
  const start = view.offset * width;
  if ((contiguous || byteLength === 0) && !base.computed) return rangeOf(base, start, byteLength);
  return computedBytes(byteLength, () => {
    if (contiguous) return base.read(start, start + byteLength);
    const out = new elements[width](byteLength / width);
    gather(asElements(base.read(), width), out, view);
    return bytesOf(out);
  });
}

function asElements(bytes: Uint8Array, width: Width): Elements {
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new elements[width](aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / width);
}

/** Copies a view into a dense array, plane by plane over its last two axes. */
function gather(from: Elements, to: Elements, view: View): void {
  const rank = view.dims.length;
  const [rows, columns] = [view.dims[rank - 2] ?? 1, view.dims[rank - 1] ?? 1];
  const [down, across] = [view.strides[rank - 2] ?? 0, view.strides[rank - 1] ?? 1];
  let at = 0;
  const visit = (axis: number, base: number): void => {
    if (axis >= rank - 2) {
      plane(from, to, base, at, { rows, columns, down, across });
      at += rows * columns;
      return;
    }
    const stride = view.strides[axis] ?? 0;
    for (let index = 0; index < (view.dims[axis] ?? 0); index++) visit(axis + 1, base + index * stride);
  };
  visit(0, view.offset);
}

interface Plane {
  readonly rows: number;
  readonly columns: number;
  readonly down: number;
  readonly across: number;
}

/** Side of the square tiles that keep a transposition within the cache. */
const TILE = 32;

function plane(from: Elements, to: Elements, base: number, at: number, shape: Plane): void {
  const { rows, columns, down, across } = shape;
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(columns, left + TILE);
      for (let row = top; row < bottom; row++) {
        let read = base + row * down + left * across;
        const end = at + row * columns + right;
        for (let write = at + row * columns + left; write < end; write++, read += across)
          to[write] = from[read] as number & bigint;
      }
    }
  }
}
