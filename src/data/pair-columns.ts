/** Pairs the inputs of a model with the columns of a dataset: by name, by a near miss of it, or as the only ones left. */
import { LlmcError } from '../errors.ts';
import type { Column, Dataset } from './dataset.ts';
import { isDerivable } from './decoder-fill.ts';
import { describeColumns, describeInputs } from './describe.ts';
import { fitShape, isOneRow, type ShapeFit, transposedFit } from './fit-shape.ts';
import { decoderTokens } from './roles.ts';
import { ONLY_INPUT } from './sources/source.ts';
import type { ValueInfo } from './value-info.ts';

export interface Pair {
  readonly input: ValueInfo;
  readonly column: Column;
}

export interface Pairing {
  readonly pairs: readonly Pair[];
  /** Inputs of a decoder that follow from its tokens. */
  readonly derived: readonly ValueInfo[];
  /** What was not taken literally. */
  readonly notes: readonly string[];
}

/** LlmcError DATA when an input has no column. */
export function pairColumns(dataset: Dataset, inputs: readonly ValueInfo[]): Pairing {
  const chosen = new Map<ValueInfo, Column>();
  const notes: string[] = [];
  const take = (input: ValueInfo, column: Column | undefined): void => {
    if (column && !chosen.has(input)) chosen.set(input, column);
  };
  for (const input of inputs)
    take(
      input,
      dataset.columns.find(({ name }) => name === input.name),
    );
  const free = (): Column[] => dataset.columns.filter((column) => ![...chosen.values()].includes(column));
  for (const input of inputs) {
    const alike = chosen.has(input) ? undefined : nearMiss(free(), input);
    if (!alike) continue;
    take(input, alike);
    notes.push(`${dataset.name}: "${alike.name}" is taken for the input "${input.name}"`);
  }
  for (const [position, input] of inputs.entries()) take(input, atPosition(free(), position));
  const decoder = decoderTokens(inputs) !== null;
  const missing = inputs.filter((input) => !chosen.has(input));
  const needed = missing.filter((input) => !decoder || !isDerivable(input));
  const [last] = needed;
  if (last && needed.length === 1) {
    const candidates = candidatesFor(last, free());
    const [only] = candidates;
    if (only && candidates.length === 1) {
      take(last, only);
      if (only.name !== ONLY_INPUT || inputs.length > 1)
        notes.push(`${dataset.name}: "${only.name || 'the array'}" is taken for the input "${last.name}"`);
    }
  }
  const unmet = needed.find((input) => !chosen.has(input));
  if (unmet) {
    throw new LlmcError('DATA', `${dataset.name} has nothing for the model's input "${unmet.name}"`, {
      hint: `it has: ${describeColumns(dataset.columns)}; the model wants: ${describeInputs(inputs)}`,
    });
  }
  const derived = missing.filter((input) => !chosen.has(input));
  if (derived.length > 0) notes.push(derivedNote(dataset, derived));
  return { pairs: [...chosen].map(([input, column]) => ({ input, column })), derived, notes };
}

/** Columns that could be meant; one without a name is meant for whatever input there is. */
function candidatesFor(input: ValueInfo, columns: readonly Column[]): readonly Column[] {
  const unnamed = columns.filter(({ name }) => name === ONLY_INPUT);
  return unnamed.length > 0 ? unnamed : columns.filter((column) => suits(column, input));
}

function atPosition(columns: readonly Column[], position: number): Column | undefined {
  return columns.find((column) => column.position === position);
}

function nearMiss(columns: readonly Column[], input: ValueInfo): Column | undefined {
  const [alike, ...others] = columns.filter(({ name }) => plain(name) === plain(input.name));
  return others.length > 0 ? undefined : alike;
}

/** Names without case and punctuation. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Whether an array of another name could be meant: its kind of numbers and its shape are right. */
function suits(column: Column, input: ValueInfo): boolean {
  if (isText(column.dtype) !== isText(input.dtype)) return false;
  if (isFloat(column.dtype) && !isFloat(input.dtype) && !column.untyped) return false;
  return fitShape(column, input.dims) !== null || isOneRow(column.dims, input.dims);
}

function isText(dtype: string): boolean {
  return dtype === 'string';
}

function isFloat(dtype: string): boolean {
  return /^b?float/.test(dtype);
}

function derivedNote(dataset: Dataset, derived: readonly ValueInfo[]): string {
  const caches = derived.filter(({ dtype }) => isFloat(dtype)).length;
  const names = derived.filter(({ dtype }) => !isFloat(dtype)).map(({ name }) => name);
  const made = [...(caches > 0 ? [`an empty cache (${caches} inputs)`] : []), ...names];
  return `${dataset.name} has only part of the inputs; made from the tokens: ${made.join(', ')}`;
}

/**
 * How the rows of each pair come into shape. LlmcError DATA where they cannot, with what the model wants and the data has.
 */
export function fitPair({ input, column }: Pair, dataset: Dataset): ShapeFit {
  const fit = fitShape(column, input.dims);
  if (fit) return fit;
  const order = column.shared ? null : transposedFit(column.dims, input.dims);
  const ragged = column.dims.some((dim, axis) => dim === null && typeof input.dims[axis] === 'number');
  const hint = order
    ? `transpose its axes to ${order.join(', ')}`
    : ragged
      ? 'rows of one size are needed: pad them, as padding=max does for text'
      : 'axis 0 of an array is the row';
  throw new LlmcError(
    'DATA',
    `${dataset.name}: "${column.name || 'the array'}" has another shape than the model's input`,
    {
      hint: `it is ${describeColumns([column])}; the model wants ${describeInputs([input])}; ${hint}`,
    },
  );
}
