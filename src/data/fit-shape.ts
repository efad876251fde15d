/** Judges whether the rows of a column have the shape an input wants, and how they are brought into it. */
import type { Column } from './dataset.ts';
import type { ValueInfo } from './value-info.ts';

type Dims = ValueInfo['dims'];

/**
 * `rows`: as they are. `single`: the input is one row without a batch axis. `widened`: an axis of size 1 at `axis` is
 * put in. `whole`: every batch gets the column as it is, in `dims`.
 */
export type ShapeFit =
  | { readonly kind: 'rows' }
  | { readonly kind: 'single' }
  | { readonly kind: 'widened'; readonly axis: number }
  | { readonly kind: 'whole'; readonly dims: readonly number[] };

/** Null when the shapes contradict each other. An input without dims may be a scalar or of unknown rank. */
export function fitShape(
  { dims, shared, isRun }: Pick<Column, 'dims' | 'shared' | 'isRun'>,
  input: Dims,
): ShapeFit | null {
  if (shared) return fitWhole(dims, input);
  if (isRun) return input.length === 0 || sameDims(dims.slice(1), input) ? { kind: 'single' } : null;
  if (input.length === 0) return { kind: 'rows' };
  if (sameDims(dims.slice(1), input.slice(1))) return { kind: 'rows' };
  if (sameDims(dims.slice(1), input)) return { kind: 'single' };
  for (let axis = 1; axis < input.length; axis++)
    if (input[axis] === 1 && sameDims(dims.slice(1), input.slice(1).toSpliced(axis - 1, 1)))
      return { kind: 'widened', axis };
  return null;
}

function fitWhole(column: Column['dims'], input: Dims): ShapeFit | null {
  const dims = column.filter((dim) => dim !== null);
  if (input.length === 0 || sameDims(dims, input)) return { kind: 'whole', dims };
  if (sameDims(dims.slice(1), input)) return { kind: 'whole', dims: dims.slice(1) };
  const ones = input.map(() => 1);
  return dims.every((dim) => dim === 1) && sameDims(ones, input) ? { kind: 'whole', dims: ones } : null;
}

/** Whether the array is a single row: all dims of the input but the first. */
export function isOneRow(dims: Column['dims'], input: Dims): boolean {
  return input.length > 1 && sameDims(dims, input.slice(1));
}

/** Equal rank, and equal size wherever the model states one; sizes that differ from row to row equal none. */
function sameDims(dims: Column['dims'], input: Dims): boolean {
  return (
    dims.length === input.length && input.every((dim, axis) => typeof dim !== 'number' || dim === dims[axis])
  );
}

/** The order of axes in which the column would fit, where channels stand at the other end; null when none does. */
export function transposedFit(dims: Column['dims'], input: Dims): readonly number[] | null {
  if (dims.length !== input.length || dims.length < 3) return null;
  const axes = dims.map((_, axis) => axis);
  const last = dims.length - 1;
  const orders = [
    [0, last, ...axes.slice(1, -1)],
    [0, ...axes.slice(2), 1],
  ];
  const fits = (order: readonly number[]): boolean =>
    sameDims(
      order.slice(1).map((axis) => dims[axis] ?? null),
      input.slice(1),
    );
  return orders.find(fits) ?? null;
}
