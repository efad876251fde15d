/** A field of numbers, or of nested lists of them, as a column. */
import { allocate, elementCount, type HostTensor } from '../host-tensor.ts';
import type { ColumnMaker } from './column-maker.ts';
import { isNumber, measure, word, writeNested } from './nested.ts';
import type { Field } from './records.ts';

export interface NumberField {
  readonly name: string;
  readonly dtype: string;
  /** Of one row; null where sizes differ from row to row. */
  readonly dims: readonly (number | null)[];
  readonly untyped: boolean;
  readonly meaning: (value: Field) => Field;
  /** What fills shorter rows; default 0. */
  readonly pad?: number;
}

const HINT = 'every row needs a value of the same kind; correct it or leave the row out';

export function numberColumn({ name, dtype, dims, untyped, meaning, pad }: NumberField): ColumnMaker {
  return {
    columns: [{ name, dtype, dims, shared: false, ...(untyped && { untyped }) }],
    fields: [name],
    make([values = []], problem) {
      const size = rowDims(values, dims, meaning, (at, what) => problem(at, name, what, HINT));
      const stride = elementCount(size);
      const data = allocate(dtype, values.length * stride);
      if (pad) data.fill((data instanceof BigInt64Array ? BigInt(pad) : pad) as never);
      const exact = !dims.includes(null);
      for (let at = 0; at < values.length; at++) {
        const wrong = writeNested(meaning(values[at]), data, at * stride, size, exact);
        if (wrong !== null) throw problem(at, name, wrong, HINT);
      }
      return [{ dtype, dims: [values.length, ...size], data }];
    },
  };
}

/** Several fields of single numbers as one column `[rows, fields]`. */
export function joinedColumn(
  column: string,
  fields: readonly string[],
  dtype: string,
  meaning: (value: Field) => Field,
): ColumnMaker {
  return {
    columns: [{ name: column, dtype, dims: [fields.length], shared: false, untyped: true }],
    fields,
    make(values, problem) {
      const rows = values[0]?.length ?? 0;
      const data = allocate(dtype, rows * fields.length);
      for (const [place, field] of fields.entries())
        for (let at = 0; at < rows; at++) {
          const value = meaning(values[place]?.[at]);
          if (!isNumber(value)) throw problem(at, field, `holds ${word(value)}`, HINT);
          data[at * fields.length + place] = Number(value);
        }
      return [{ dtype, dims: [rows, fields.length], data } satisfies HostTensor];
    },
  };
}

/** The dims of the stated ones where these are known, else the largest of the batch. */
function rowDims(
  values: ArrayLike<Field>,
  dims: readonly (number | null)[],
  meaning: (value: Field) => Field,
  problem: (at: number, what: string) => Error,
): number[] {
  const found = dims.map((dim) => dim ?? 0);
  if (!dims.includes(null)) return found;
  for (let at = 0; at < values.length; at++) {
    const value = meaning(values[at]);
    if (!measure(value, found))
      throw problem(
        at,
        value === undefined || value === null
          ? 'holds nothing'
          : 'has lists nested to another depth than other rows',
      );
  }
  return found;
}
