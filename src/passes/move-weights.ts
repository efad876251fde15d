/** Operators that only move elements, applied to constants without reading them. */
import { computedBytes } from '../ir/bytes.ts';
import { DTYPES } from '../ir/dtype.ts';
import type { Node } from '../ir/node.ts';
import { sizeOf, Tensor } from '../ir/tensor.ts';
import { tensorOf } from './constant-node.ts';
import { permuted, sliced, type View, viewBytes, type Width, wholeView } from './strided.ts';

/** What a rule sees: the node, its ai.onnx version, its constant inputs. */
export interface Moving {
  readonly node: Node;
  readonly opset: number;
  constant(index: number): Tensor | null;
}

type Rule = (moving: Moving, data: Tensor) => Tensor[] | null;

const sameBytes = (data: Tensor, dims: readonly number[]): Tensor[] => [
  new Tensor({ dtype: data.dtype, dims, source: data.source, strings: data.strings ?? undefined }),
];

const rules: Readonly<Record<string, Rule | undefined>> = {
  Identity: (_, data) => [data],
  Reshape: reshape,
  Flatten: ({ node }, data) => {
    const axis = node.int('axis', 1);
    const at = axis < 0 ? axis + data.dims.length : axis;
    return sameBytes(data, [sizeOf(data.dims.slice(0, at)), sizeOf(data.dims.slice(at))]);
  },
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: ({ node }, data) => {
    const perm = node.ints('perm') ?? data.dims.map((_, axis) => data.dims.length - 1 - axis);
    return viewed(data, [permuted(wholeView(data.dims), perm)]);
  },
  Slice: slice,
  Split: split,
  Concat: concat,
};

/**
 * The outputs of a node that only moves the elements of its constant input; null when it is no such node. Bytes are
 * read when the results are: views of the input's bytes, or computed.
 */
export function moveWeights(moving: Moving): Tensor[] | null {
  const { node } = moving;
  if (node.domain !== '') return null;
  if (node.op === 'Constant') {
    const tensor = tensorOf(node);
    return tensor && [tensor];
  }
  const data = moving.constant(0);
  return data ? (rules[node.op]?.(moving, data) ?? null) : null;
}

/** True for operators that `moveWeights` knows. */
export function movesWeights(node: Node): boolean {
  return node.domain === '' && (node.op === 'Constant' || rules[node.op] !== undefined);
}

/** Integers that are an attribute in old versions and an input since `since`; undefined when left out. */
function integers(
  moving: Moving,
  since: number,
  index: number,
  name: string,
): readonly number[] | undefined | null {
  const { node, opset } = moving;
  if (opset < since) return node.ints(name) ?? undefined;
  if (!node.input(index)) return undefined;
  return moving.constant(index)?.numbers() ?? null;
}

function reshape(moving: Moving, data: Tensor): Tensor[] | null {
  const target = integers(moving, 5, 1, 'shape');
  if (!target) return null;
  const copies = moving.opset < 14 || moving.node.int('allowzero') === 0;
  const dims = target.map((size, axis) => (size === 0 && copies ? (data.dims[axis] ?? 0) : size));
  const open = dims.indexOf(-1);
  if (open >= 0) dims[open] = data.size / sizeOf(dims.filter((size) => size !== -1));
  return sizeOf(dims) === data.size && dims.every((size) => size >= 0) ? sameBytes(data, dims) : null;
}

function squeeze(moving: Moving, data: Tensor): Tensor[] | null {
  const axes = integers(moving, 13, 1, 'axes');
  if (axes === null) return null;
  const gone = axes?.map((axis) => (axis < 0 ? axis + data.dims.length : axis));
  return sameBytes(
    data,
    data.dims.filter((size, axis) => (gone ? !gone.includes(axis) : size !== 1)),
  );
}

function unsqueeze(moving: Moving, data: Tensor): Tensor[] | null {
  const axes = integers(moving, 13, 1, 'axes');
  if (!axes) return null;
  const rank = data.dims.length + axes.length;
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const rest = data.dims[Symbol.iterator]();
  return sameBytes(
    data,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.next().value ?? 1))),
  );
}

function slice(moving: Moving, data: Tensor): Tensor[] | null {
  const [starts, ends] = [integers(moving, 10, 1, 'starts'), integers(moving, 10, 2, 'ends')];
  const axes = integers(moving, 10, 3, 'axes');
  const steps = moving.opset < 10 ? undefined : integers(moving, 10, 4, 'steps');
  if (!starts || !ends || axes === null || steps === null) return null;
  let view = wholeView(data.dims);
  for (const [item, start] of starts.entries()) {
    const named = axes?.[item] ?? item;
    const axis = named < 0 ? named + data.dims.length : named;
    const step = steps?.[item] ?? 1;
    const size = data.dims[axis];
    if (size === undefined || step === 0) return null;
    // Negative positions count from the end; a backward slice may end before the first element.
    const place = (at: number, low: number, high: number): number =>
      Math.max(low, Math.min(high, at < 0 ? at + size : at));
    const [from, to] =
      step > 0
        ? [place(start, 0, size), place(ends[item] ?? 0, 0, size)]
        : [place(start, 0, size - 1), place(ends[item] ?? 0, -1, size - 1)];
    view = sliced(view, axis, from, step, Math.max(0, Math.ceil((to - from) / step)));
  }
  return viewed(data, [view]);
}

function split(moving: Moving, data: Tensor): Tensor[] | null {
  const { node } = moving;
  const named = node.int('axis');
  const axis = named < 0 ? named + data.dims.length : named;
  const sizes = integers(moving, 13, 1, 'split');
  const total = data.dims[axis];
  if (sizes === null || total === undefined) return null;
  const parts = node.int('num_outputs', node.outputs.length);
  const each = Math.ceil(total / parts);
  let start = 0;
  const views = node.outputs.map((_, item): View => {
    const count = sizes ? (sizes[item] ?? 0) : Math.min(each, total - start);
    const view = sliced(wholeView(data.dims), axis, start, 1, count);
    start += count;
    return view;
  });
  return start === total ? viewed(data, views) : null;
}

function concat(moving: Moving, first: Tensor): Tensor[] | null {
  const parts = moving.node.inputs.map((_, index) => moving.constant(index));
  const all = parts.filter((part) => part !== null);
  const named = moving.node.int('axis');
  const axis = named < 0 ? named + first.dims.length : named;
  const width = widthOf(first);
  if (
    !moving.node.attributes.has('axis') ||
    all.length < parts.length ||
    !width ||
    all.some((part) => part.dtype !== first.dtype)
  )
    return null;
  const dims = first.dims.map((size, index) =>
    index === axis ? all.reduce((sum, part) => sum + (part.dims[axis] ?? 0), 0) : size,
  );
  const outer = sizeOf(dims.slice(0, axis));
  const source = computedBytes(sizeOf(dims) * width, () => {
    const out = new Uint8Array(sizeOf(dims) * width);
    const row = out.byteLength / Math.max(1, outer);
    let column = 0;
    for (const part of all) {
      const bytes = part.bytes();
      const length = bytes.byteLength / Math.max(1, outer);
      for (let index = 0; index < outer; index++)
        out.set(bytes.subarray(index * length, (index + 1) * length), index * row + column);
      column += length;
    }
    return out;
  });
  return [new Tensor({ dtype: first.dtype, dims, source })];
}

/** A tensor with its axes in another order, read when needed; null for packed types and strings. */
export function transposeTensor(data: Tensor, perm: readonly number[]): Tensor | null {
  return viewed(data, [permuted(wholeView(data.dims), perm)])?.[0] ?? null;
}

function viewed(data: Tensor, views: readonly View[]): Tensor[] | null {
  const width = widthOf(data);
  if (!width) return null;
  return views.map(
    (view) => new Tensor({ dtype: data.dtype, dims: view.dims, source: viewBytes(data.source, width, view) }),
  );
}

/** Bytes per element; null for strings, packed and 16-byte types. */
function widthOf(tensor: Tensor): Width | null {
  const { bits, storage } = DTYPES[tensor.dtype];
  if (storage === 'packed' || storage === 'string' || bits > 64) return null;
  return (bits / 8) as Width;
}
