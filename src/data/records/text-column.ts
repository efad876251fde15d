/** A field of text as a column of strings, for models that read text themselves. */
import type { ColumnMaker } from './column-maker.ts';

export function textColumn(name: string): ColumnMaker {
  return {
    columns: [{ name, dtype: 'string', dims: [], shared: false }],
    fields: [name],
    make([values = []], problem) {
      const data = Array.from(values, (value, at) => {
        if (typeof value === 'string') return value;
        throw problem(at, name, 'holds no text', 'every row needs text; correct it or leave the row out');
      });
      return [{ dtype: 'string', dims: [data.length], data }];
    },
  };
}
