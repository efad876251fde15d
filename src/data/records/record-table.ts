/** A table from records: numbers and text by field name, text through a tokenizer, labels. */
import { LlmcError } from '../../errors.ts';
import type { Batch, Column } from '../dataset.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { RowTable } from '../row-table.ts';
import { ONLY_INPUT } from '../sources/source.ts';
import type { DataSpec } from '../spec.ts';
import { type ColumnMaker, problems } from './column-maker.ts';
import { labelColumn } from './label-column.ts';
import { joinedColumn, numberColumn } from './number-column.ts';
import type { Field, Records } from './records.ts';
import { type FieldKind, judgeFields } from './sample.ts';
import { textColumn } from './text-column.ts';
import { TOKEN_KEYS, tokenColumns } from './token-columns.ts';

/** Options of all kinds that have named fields. */
export const RECORD_KEYS = {
  labels: 'field with the labels, default labels',
  classes: 'names of the classes in the order of the model, where labels are names',
  columns: 'fields of single numbers that together are one input, or * for all',
  input: 'graph input that columns= feeds, default the only one',
  ...TOKEN_KEYS,
};

/** LlmcError DATA when the spec names fields that there are not, or options that do not go together. */
export async function recordTable(records: Records, spec: DataSpec): Promise<RowTable> {
  const { name, length } = records;
  const meaning = records.meaning ?? ((value: Field) => value);
  const kinds = length > 0 ? await judgeFields(records) : new Map<string, FieldKind>();
  const require = (field: string, option: string): string => {
    if (length === 0 || kinds.has(field)) return field;
    throw new LlmcError('DATA', `${name} has no column "${field}" for ${option}=`, {
      hint: `columns: ${records.fields.slice(0, 20).join(', ') || 'none'}`,
    });
  };
  const listed = (option: string) =>
    spec.options
      .get(option)
      ?.split(',')
      .map((each) => each.trim());
  const wantedLabels = spec.options.get('labels');
  const labels = wantedLabels === undefined ? 'labels' : require(wantedLabels, 'labels');
  const labelKind = kinds.get(labels);
  const labelMaker = labelKind && labelColumn(labels, labelKind, listed('classes'), meaning, name);
  const text = listed('text')?.map((field) => require(field, 'text'));
  const makers: ColumnMaker[] = [];
  if (text || spec.options.has('tokenizer')) {
    // Loaded on demand: most data holds numbers.
    const { openTokenizer } = await import('../tokens/tokenizer.ts');
    makers.push(tokenColumns(text ?? [], await openTokenizer(spec), spec));
  } else if (spec.options.has('cache'))
    throw new LlmcError('DATA', `"${spec.text}" has cache= without text=`, {
      hint: 'tokens are what takes work to make; leave cache= out',
    });
  const joined = joinedFields(listed('columns'), kinds, labels, name, require);
  if (joined) makers.push(joinedColumn(spec.options.get('input') ?? ONLY_INPUT, joined, 'float64', meaning));
  else if (spec.options.has('input'))
    throw new LlmcError('DATA', `"${spec.text}" has input= without columns=`, {
      hint: 'a column feeds the input of its name; columns=a,b,c makes one input of several',
    });
  const taken = new Set([labels, ...(text ?? []), ...(joined ?? [])]);
  for (const [field, kind] of kinds) {
    if (taken.has(field)) continue;
    if (kind.kind === 'text') makers.push(textColumn(field));
    if (kind.kind === 'numbers') makers.push(numberColumn({ name: field, ...kind, meaning }));
  }
  const unique = makers.filter(
    (maker, at) =>
      !makers
        .slice(0, at)
        .some(({ columns }) => columns.some((each) => each.name === maker.columns[0]?.name)),
  );
  return assemble(records, unique, labelMaker);
}

/** The fields that columns= names. */
function joinedFields(
  listed: readonly string[] | undefined,
  kinds: ReadonlyMap<string, FieldKind>,
  labels: string,
  name: string,
  require: (field: string, option: string) => string,
): readonly string[] | undefined {
  if (listed?.join() !== '*') return listed?.map((field) => require(field, 'columns'));
  const others = [...kinds].filter(([field]) => field !== labels);
  const text = others.flatMap(([field, kind]) => (kind.kind === 'text' ? [{ field, ...kind }] : []));
  const mixed = text.find((each) => each.mixed);
  if (mixed)
    throw new LlmcError(
      'DATA',
      `${name}, ${mixed.place}: "${mixed.example}" in column "${mixed.field}" is no number`,
      { hint: 'other lines have numbers there; mend the cell, or name the columns that count: columns=a,b' },
    );
  const found = others.flatMap(([field, kind]) =>
    kind.kind === 'numbers' && kind.dims.length === 0 ? [field] : [],
  );
  if (found.length === 0 && others.length > 0)
    throw new LlmcError('DATA', `${name} has no column of single numbers for columns=*`, {
      hint: text[0]
        ? `column "${text[0].field}" holds "${text[0].example}" (${text[0].place}); is the delimiter another one?`
        : 'lists feed the input of their name without columns=',
    });
  return found;
}

function assemble(
  records: Records,
  makers: readonly ColumnMaker[],
  labels: ColumnMaker | undefined,
): RowTable {
  const { name, length } = records;
  const withRows = (column: Column): Column => ({ ...column, dims: [length, ...column.dims] });
  return {
    name,
    length,
    columns: makers.flatMap(({ columns }) => columns.map(withRows)),
    hasLabels: labels !== undefined,
    ...(labels?.columns[0] && { labelDims: labels.columns[0].dims }),
    async rows(indices, wanted) {
      const used = makers.filter(({ columns }) => columns.some((column) => wanted?.has(column.name) ?? true));
      const all = labels ? [...used, labels] : used;
      const values = await records.read(indices, [...new Set(all.flatMap(({ fields }) => fields))]);
      const problem = problems(name, (at) => records.place(indices[at] as number));
      const make = (maker: ColumnMaker): readonly HostTensor[] =>
        maker.make(
          maker.fields.map((field) => values.get(field) ?? []),
          problem,
        );
      const inputs: Record<string, HostTensor> = {};
      for (const maker of used)
        for (const [at, tensor] of make(maker).entries()) inputs[maker.columns[at]?.name ?? ''] = tensor;
      const batch: Batch = { inputs, size: indices.length };
      const [label] = labels ? make(labels) : [];
      return label ? { ...batch, labels: label } : batch;
    },
    place: (index) => records.place(index),
    lengthsOf: (indices) => records.lengthsOf(indices),
  };
}
