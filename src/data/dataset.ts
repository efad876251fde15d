/** Rows of named tensors, read batch by batch. */
import type { HostTensor } from './host-tensor.ts';

export interface Batch {
  /** One tensor per column; axis 0 is the row except for columns shared by all rows. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly labels?: HostTensor;
  /** Rows in this batch; the last batch of a dataset may hold fewer than asked for. */
  readonly size: number;
  /** Positions of the rows in the order of the spec: the same row has the same position in every epoch. */
  readonly rows?: readonly number[];
  /** How messages call the rows, e.g. `line 18` of a file. */
  readonly places?: readonly string[];
}

export interface Column {
  readonly name: string;
  readonly dtype: string;
  /**
   * Dims of the whole column; axis 0 is the row unless it is shared. An axis whose size differs from row to row is
   * null: batches are padded to their longest row.
   */
  readonly dims: readonly (number | null)[];
  /** True when every batch gets the column whole (a sampling rate, one mask for all rows). */
  readonly shared: boolean;
  /** True when it was made beside others and nobody need want it (a mask, token types). */
  readonly generated?: boolean;
  /** True when the file knows only numbers, not their types: text such as JSON and CSV. */
  readonly untyped?: boolean;
  /** True when each row is all that one run takes, with the model's own batch axis, if it has one. */
  readonly isRun?: boolean;
  /** Which input of the model it is for, where names do not tell. */
  readonly position?: number;
}

export interface BatchOptions {
  readonly size: number;
  /** At most so many rows. */
  readonly limit?: number;
  /** Names of the columns that are wanted; others may be missing. Default all. */
  readonly columns?: ReadonlySet<string>;
  /** Rows in an order of the epoch's own, changed by augmentations as this epoch has them; the default is epoch 0 unshuffled. */
  readonly epoch?: Epoch;
}

/** One of many passes over the rows. */
export interface Epoch {
  /** Counted from 0. */
  readonly number: number;
  /** Of the random order, which differs from epoch to epoch; null keeps the order of the spec. */
  readonly seed: number | null;
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
  /** Rows in the order the spec asks for, `size` at a time. May be iterated again, with the same result. */
  batches(options: BatchOptions): AsyncIterable<Batch>;
}
