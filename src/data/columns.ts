/** A dataset made of equally long arrays, one per column. */
import { LlmcError } from '../errors.ts';
import type { Batch, Dataset } from './dataset.ts';
import type { NpyArray } from './formats/npy-array.ts';
import type { HostTensor } from './host-tensor.ts';

export interface ColumnOptions {
  readonly name: string;
  /** The array that holds the labels, if there is one. */
  readonly labels: string | undefined;
  readonly limit: number | undefined;
}

/**
 * Axis 0 of every array is the row. Scalars, and arrays of one row beside longer ones, are shared: every batch gets
 * them whole (a sampling rate, a fixed mask). LlmcError DATA when lengths differ otherwise.
 */
export function columnDataset(arrays: readonly NpyArray[], options: ColumnOptions): Dataset {
  const labels = arrays.find((array) => array.name === options.labels);
  const stored = Math.max(
    0,
    ...arrays.map((array) => (array.dims.length === 0 ? 1 : (array.dims[0] as number))),
  );
  const isShared = (array: NpyArray) => array.dims.length === 0 || (array.dims[0] === 1 && stored > 1);
  const odd = arrays.filter((array) => !isShared(array) && array.dims[0] !== stored);
  if (odd.length > 0) {
    const lengths = arrays.map((array) => `${array.name} ${array.dims.join('x') || 'scalar'}`).join(', ');
    throw new LlmcError('DATA', `the arrays of ${options.name} have different numbers of rows: ${lengths}`, {
      hint: 'axis 0 must be the row in every array',
    });
  }
  if (stored === 0) {
    throw new LlmcError('DATA', `${options.name} has no rows`, { hint: 'give data with at least one row' });
  }
  const length = Math.min(stored, options.limit ?? stored);
  const columns = arrays.filter((array) => array !== labels);
  const part = (array: NpyArray, start: number, end: number): Promise<HostTensor> =>
    isShared(array) ? array.all() : array.rows(start, end);
  return {
    name: options.name,
    length,
    synthetic: false,
    columns: columns.map((array) => ({
      name: array.name,
      dtype: array.dtype,
      dims: array.dims,
      shared: isShared(array),
    })),
    hasLabels: labels !== undefined,
    async *batches({ size, limit }) {
      const stop = Math.min(length, limit ?? length);
      for (let start = 0; start < stop; start += size) {
        const end = Math.min(stop, start + size);
        const inputs: Record<string, HostTensor> = {};
        for (const array of columns) inputs[array.name] = await part(array, start, end);
        const batch: Batch = { inputs, size: end - start };
        yield labels === undefined ? batch : { ...batch, labels: await part(labels, start, end) };
      }
    },
  };
}
