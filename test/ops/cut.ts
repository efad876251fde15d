/** Taking elements of a label out of tensors, or setting them to zero. */
import { allocate, elementCount, type HostTensor } from '../../src/data/host-tensor.ts';
import type { Binding, BoundAxis } from '../../src/ops/bind.ts';

/** The axes of one tensor as a binding has them. */
export type Axes = readonly BoundAxis[] | null | undefined;

export function carries(axes: Axes, label: string): boolean {
  return axes?.some(({ factors }) => factors.includes(label)) ?? false;
}

/** The tensor without the elements whose index along `label` is `dropped`. */
export function cut(
  tensor: HostTensor,
  axes: Axes,
  label: string,
  dropped: number,
  binding: Binding,
): HostTensor {
  const kept = tensor.dims.map((dim, axis) =>
    range(dim).filter((at) => indexOf(at, axes?.[axis], label, binding) !== dropped),
  );
  const dims = kept.map((positions) => positions.length);
  const data = allocate(tensor.dtype, elementCount(dims));
  const source = tensor.data as ArrayLike<number>;
  for (let to = 0; to < data.length; to++) data[to] = source[sourceIndex(to, kept, tensor.dims)] as never;
  return { dtype: tensor.dtype, dims, data };
}

/** The tensor with these elements set to zero. */
export function zero(
  tensor: HostTensor,
  axes: Axes,
  label: string,
  dropped: number,
  binding: Binding,
): HostTensor {
  const data = (tensor.data as Float32Array).slice();
  for (let flat = 0; flat < data.length; flat++)
    if (
      positions(flat, tensor.dims).some((at, axis) => indexOf(at, axes?.[axis], label, binding) === dropped)
    )
      data[flat] = 0;
  return { ...tensor, data };
}

/** The index along `label` of a position on an axis; null when the axis does not carry the label. */
function indexOf(
  position: number,
  axis: BoundAxis | undefined,
  label: string,
  { extents }: Binding,
): number | null {
  let rest = position;
  for (const factor of [...(axis?.factors ?? [])].reverse()) {
    const size = typeof factor === 'number' ? factor : Number(extents.get(factor));
    if (factor === label) return rest % size;
    rest = Math.floor(rest / size);
  }
  return null;
}

function positions(flat: number, dims: readonly number[]): number[] {
  const found: number[] = [];
  let rest = flat;
  for (const dim of [...dims].reverse()) {
    found.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return found;
}

function sourceIndex(flat: number, kept: readonly (readonly number[])[], dims: readonly number[]): number {
  const at = positions(
    flat,
    kept.map((each) => each.length),
  );
  return at.reduce((index, position, axis) => index * (dims[axis] ?? 1) + (kept[axis]?.[position] ?? 0), 0);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
