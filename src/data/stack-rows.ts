/** Stacks rows to a batch; rows of different sizes are padded to the longest along every axis. */
import { allocate, elementCount, type HostTensor, type TypedArray } from './host-tensor.ts';

/**
 * The rows (without an axis for the batch) as one tensor `[rows, ...]` of fresh memory.
 * @param rows at least one, all of one element type and rank; typed arrays or strings
 * @param pad what fills the ends of shorter rows; strings are filled with empty ones
 */
export function stackRows(rows: readonly HostTensor[], pad = 0): HostTensor {
  const [first] = rows;
  if (!first) throw new Error('no rows to stack');
  const dims = first.dims.map((_, axis) => Math.max(...rows.map((row) => row.dims[axis] ?? 0)));
  const size = elementCount(dims);
  const stacked = { dtype: first.dtype, dims: [rows.length, ...dims] };
  if (Array.isArray(first.data)) {
    const data = new Array<string>(rows.length * size).fill('');
    for (const [at, row] of rows.entries()) copyText(row, data, at * size, dims);
    return { ...stacked, data };
  }
  const data = allocate(first.dtype, rows.length * size);
  if (pad !== 0 && rows.some((row) => elementCount(row.dims) < size)) fill(data, pad);
  for (const [at, row] of rows.entries()) {
    const source = row.data as TypedArray;
    for (const { from, to, length } of spans(row.dims, dims))
      data.set(source.subarray(from, from + length) as Float32Array & BigInt64Array, at * size + to);
  }
  return { ...stacked, data };
}

function fill(data: TypedArray, pad: number): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(pad));
  else data.fill(pad);
}

function copyText(row: HostTensor, data: string[], start: number, dims: readonly number[]): void {
  for (const { from, to, length } of spans(row.dims, dims))
    for (let i = 0; i < length; i++) data[start + to + i] = row.data[from + i] as string;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** Stretches that lie together in a small array and in the larger one around it, row-major. */
function* spans(small: readonly number[], large: readonly number[]): Generator<Span> {
  const length = elementCount(small);
  if (length === 0) return;
  // Trailing axes of one size are copied in one stretch, together with the axis in front of them.
  let axis = small.length - 1;
  while (axis > 0 && small[axis] === large[axis]) axis--;
  const stretch = elementCount(small.slice(Math.max(axis, 0)));
  for (let from = 0; from < length; from += stretch) {
    let rest = from / stretch;
    let to = 0;
    let stride = elementCount(large.slice(Math.max(axis, 0)));
    for (let outer = axis - 1; outer >= 0; outer--) {
      const size = small[outer] as number;
      to += (rest % size) * stride;
      rest = Math.floor(rest / size);
      stride *= large[outer] as number;
    }
    yield { from, to, length: stretch };
  }
}
