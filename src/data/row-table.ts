/** RowTable: rows that can be read in any order; what a source of data gives. */
import type { Batch, Column } from './dataset.ts';

export interface RowTable {
  /** How the data is named in reports and messages. */
  readonly name: string;
  /** Number of rows. */
  readonly length: number;
  readonly columns: readonly Column[];
  readonly hasLabels: boolean;
  /** Dims of the labels of one row, null for sizes that differ from row to row; absent where nobody knows. */
  readonly labelDims?: readonly (number | null)[];
  /** True when rows lie side by side in a file, so that reading neighbours as well costs little more. */
  readonly together?: true;
  /**
   * The rows of these indices, stacked in this order. Rows of different sizes are padded to the longest of them with a
   * value the table knows. Tensors are fresh: whoever asked may change them or hand them to another thread.
   * @param columns names of those that are wanted; a table may give others as well. Default all.
   * @throws LlmcError DATA that names the file, the row and the column
   */
  rows(indices: readonly number[], columns?: ReadonlySet<string>): Promise<Batch>;
  /** How a message calls a row, e.g. `line 18`; default `row 17`, counted from 0. */
  place?(index: number): string;
  /** What grows with the lengths of rows, for bucketing; absent where all rows have one size. */
  lengthsOf?(indices: readonly number[]): Promise<readonly number[]>;
}
