/** Data that is a single row without a batch axis, as a dataset of one row. */
import type { Dataset } from './dataset.ts';
import { fitShape, isOneRow } from './fit-shape.ts';
import type { HostTensor } from './host-tensor.ts';
import type { Pair } from './pair-columns.ts';

/** Whether all columns with rows fit only when each is taken as one row. */
export function lacksBatchAxis(pairs: readonly Pair[]): boolean {
  const rows = pairs.filter(({ column }) => column.dims.length > 0);
  const fits = rows.filter(({ input, column }) => fitShape(column, input.dims) !== null);
  return (
    rows.length > 0 &&
    fits.length === 0 &&
    rows.every(({ input, column }) => isOneRow(column.dims, input.dims))
  );
}

/** The dataset as one row; scalars stay shared. */
export function asOneRow(dataset: Dataset): Dataset {
  const widen = (tensor: HostTensor): HostTensor =>
    tensor.dims.length === 0 ? tensor : { ...tensor, dims: [1, ...tensor.dims] };
  return {
    ...dataset,
    length: 1,
    columns: dataset.columns.map((column) =>
      column.dims.length === 0 ? column : { ...column, dims: [1, ...column.dims], shared: false },
    ),
    async *batches({ columns }) {
      const whole = { size: dataset.length, ...(columns && { columns }) };
      for await (const { inputs, labels } of dataset.batches(whole)) {
        const widened = Object.fromEntries(
          Object.entries(inputs).map(([name, tensor]) => [name, widen(tensor)]),
        );
        yield { inputs: widened, size: 1, ...(labels === undefined ? {} : { labels: widen(labels) }) };
      }
    },
  };
}
