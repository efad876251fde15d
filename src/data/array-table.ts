/** A table made of equally long arrays, one per column. */
import { LlmcError } from '../errors.ts';
import type { NpyArray } from './formats/npy-array.ts';
import type { HostTensor } from './host-tensor.ts';
import type { RowTable } from './row-table.ts';
import { scatteredRows } from './scattered-rows.ts';

export interface ArrayTableOptions {
  readonly name: string;
  /** The array that holds the labels, if there is one. */
  readonly labels: string | undefined;
}

/**
 * Axis 0 of every array is the row. Scalars, and arrays of one row beside longer ones, are shared: every batch gets
 * them whole (a sampling rate, a fixed mask). LlmcError DATA when lengths differ otherwise.
 */
export function arrayTable(arrays: readonly NpyArray[], options: ArrayTableOptions): RowTable {
  const labels = arrays.find((array) => array.name === options.labels);
  const length = Math.max(
    0,
    ...arrays.map((array) => (array.dims.length === 0 ? 1 : (array.dims[0] as number))),
  );
  const isShared = (array: NpyArray) => array.dims.length === 0 || (array.dims[0] === 1 && length > 1);
  const odd = arrays.filter((array) => !isShared(array) && array.dims[0] !== length);
  if (odd.length > 0) {
    const lengths = arrays.map((array) => `${array.name} ${array.dims.join('x') || 'scalar'}`).join(', ');
    throw new LlmcError('DATA', `the arrays of ${options.name} have different numbers of rows: ${lengths}`, {
      hint: 'axis 0 must be the row in every array',
    });
  }
  const columns = arrays.filter((array) => array !== labels);
  const part = (array: NpyArray, indices: readonly number[]): Promise<HostTensor> =>
    isShared(array) ? array.all() : scatteredRows(array, indices);
  return {
    name: options.name,
    length,
    columns: columns.map((array) => ({
      name: array.name,
      dtype: array.dtype,
      dims: array.dims,
      shared: isShared(array),
    })),
    hasLabels: labels !== undefined,
    ...(labels && !isShared(labels) && { labelDims: labels.dims.slice(1) }),
    together: true,
    async rows(indices, wanted) {
      const inputs: Record<string, HostTensor> = {};
      for (const array of columns)
        if (wanted?.has(array.name) ?? true) inputs[array.name] = await part(array, indices);
      const size = indices.length;
      return labels === undefined ? { inputs, size } : { inputs, size, labels: await part(labels, indices) };
    },
  };
}
