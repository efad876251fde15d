/** ColumnMaker: makes columns of tensors from fields of records. */
import { LlmcError } from '../../errors.ts';
import type { Column } from '../dataset.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { Field } from './records.ts';

export interface ColumnMaker {
  /** Without the rows: dims are those of one row. */
  readonly columns: readonly Column[];
  /** The fields it reads. */
  readonly fields: readonly string[];
  /**
   * One tensor for each column, in their order.
   * @param values of the fields, in their order
   * @throws LlmcError DATA made by `problem`
   */
  make(values: readonly ArrayLike<Field>[], problem: Problem): readonly HostTensor[];
}

/** An error about a field of a row, by its position in the batch. */
export type Problem = (at: number, field: string, what: string, hint: string) => LlmcError;

/** Errors that name the data, the row and the field. */
export function problems(name: string, places: (at: number) => string): Problem {
  return (at, field, what, hint) =>
    new LlmcError('DATA', `${name}, ${places(at)}: "${field}" ${what}`, { hint });
}
