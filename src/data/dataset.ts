/** Rows of named tensors, read batch by batch. */
import type { HostTensor } from './host-tensor.ts';

export interface Batch {
  /** One tensor per column; axis 0 is the row except for columns shared by all rows. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly labels?: HostTensor;
  /** Rows in this batch; the last batch of a dataset may hold fewer than asked for. */
  readonly size: number;
}

export interface Column {
  readonly name: string;
  readonly dtype: string;
  /** Dims of the whole column; axis 0 is the row unless it is shared. */
  readonly dims: readonly number[];
  /** True when every batch gets the column whole (a sampling rate, one mask for all rows). */
  readonly shared: boolean;
}

export interface Dataset {
  /** How the data is named in reports. */
  readonly name: string;
  /** Number of rows. */
  readonly length: number;
  /** True when the numbers were generated rather than collected. */
  readonly synthetic: boolean;
  readonly columns: readonly Column[];
  readonly hasLabels: boolean;
  /** Rows in stored order, `size` at a time, at most `limit` rows. May be iterated again. */
  batches(options: { readonly size: number; readonly limit?: number }): AsyncIterable<Batch>;
}
