/** The field with the labels: numbers, lists of numbers, or names of classes. */
import { LlmcError } from '../../errors.ts';
import { IGNORED_LABEL } from '../metrics/metric.ts';
import type { ColumnMaker } from './column-maker.ts';
import { numberColumn } from './number-column.ts';
import type { Field } from './records.ts';
import type { FieldKind } from './sample.ts';

/**
 * @param classes names in the order of the model's classes
 * @throws LlmcError DATA when the field holds text and no classes are given
 */
export function labelColumn(
  name: string,
  kind: FieldKind,
  classes: readonly string[] | undefined,
  meaning: (value: Field) => Field,
  source: string,
): ColumnMaker {
  if (classes) return namedClasses(name, classes);
  if (kind.kind === 'numbers') {
    const { dims, untyped } = kind;
    const dtype = untyped && kind.whole ? 'int64' : kind.dtype;
    return numberColumn({ name, dtype, dims, untyped, meaning, pad: IGNORED_LABEL });
  }
  if (kind.kind === 'text')
    throw new LlmcError('DATA', `${source}, ${kind.place}: the label "${name}" is text: "${kind.example}"`, {
      hint: 'list the names in the order of the model: classes=negative,positive',
    });
  throw new LlmcError('DATA', `${source}, ${kind.place}: the label "${name}" ${kind.why}`, {
    hint: 'labels are numbers, or names listed with classes=',
  });
}

function namedClasses(name: string, classes: readonly string[]): ColumnMaker {
  const numbers = new Map(classes.map((each, index) => [each, BigInt(index)]));
  return {
    columns: [{ name, dtype: 'int64', dims: [], shared: false }],
    fields: [name],
    make([values = []], problem) {
      const data = BigInt64Array.from(Array.from(values), (value, at) => {
        const number = numbers.get(String(value));
        if (number !== undefined) return number;
        throw problem(
          at,
          name,
          `is none of the classes: ${describe(value)}`,
          `classes: ${classes.join(', ')}`,
        );
      });
      return [{ dtype: 'int64', dims: [data.length], data }];
    },
  };
}

function describe(value: Field): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  return typeof value === 'object' ? 'an object' : `"${String(value).slice(0, 40)}"`;
}
