/** Fits a dataset's columns to a model's inputs: names, element types, batch size, padding. */
import { LlmcError } from '../errors.ts';
import { asOneRow, lacksBatchAxis } from './batch-axis.ts';
import { castTensor } from './cast.ts';
import type { Batch, Column, Dataset } from './dataset.ts';
import { derivedFeeds } from './decoder-fill.ts';
import { requireFinite } from './finite.ts';
import type { ShapeFit } from './fit-shape.ts';
import { allocate, type HostTensor, isArrayDtype } from './host-tensor.ts';
import { fitPair, pairColumns } from './pair-columns.ts';
import type { ValueInfo } from './value-info.ts';

interface Match {
  readonly input: ValueInfo;
  readonly column: Column;
  readonly shape: ShapeFit;
}

export interface Fit {
  /** What to take batches from: the dataset, or the same as one row where it lacked a batch axis. */
  readonly dataset: Dataset;
  /** Rows to ask the dataset for. */
  readonly batchSize: number;
  /** True when every feed must have exactly `batchSize` rows: a smaller last batch is filled up by repetition. */
  readonly padded: boolean;
  /** Columns no input wants. */
  readonly ignored: readonly string[];
  /** What was not taken literally: names, shapes and types brought into line, inputs that were made. */
  readonly notes: readonly string[];
  /**
   * The feeds of one batch; outputs beyond `batch.size` rows belong to repeated rows. LlmcError DATA for values that are
   * no number or that the input's type cannot hold.
   */
  feeds(batch: Batch): Record<string, HostTensor>;
}

/**
 * Pairs columns and inputs by name or a near miss of it. A model with a fixed leading dim dictates the batch size; where
 * it does not, `batch` does, or else `preferred`. LlmcError DATA when an input has no column or one of another shape or
 * kind, or sizes contradict each other.
 */
export function fitDataset(given: Dataset, inputs: readonly ValueInfo[], batch?: number, preferred = 1): Fit {
  const first = pairColumns(given, inputs);
  const single = lacksBatchAxis(first.pairs);
  const dataset = single ? asOneRow(given) : given;
  const { pairs, derived, notes } = single ? pairColumns(dataset, inputs) : first;
  for (const { input, column } of pairs) requireKind(input, column, dataset);
  const matches = pairs.map((pair): Match => ({ ...pair, shape: fitPair(pair, dataset) }));
  const unbatched = matches.some(({ shape }) => shape.kind === 'single');
  const size = fixedBatch(matches, batch);
  const batchSize = size ?? batch ?? (unbatched ? 1 : preferred);
  const used = new Set(matches.map(({ column }) => column.name));
  return {
    dataset: { ...dataset, batches: (options) => dataset.batches({ ...options, columns: used }) },
    batchSize,
    padded: size !== undefined && !unbatched,
    ignored: dataset.columns
      .filter(({ name, generated }) => !generated && !used.has(name))
      .map(({ name }) => name),
    notes: [
      ...notes,
      ...(single ? [`${dataset.name} has no batch axis: it is taken as one row`] : []),
      ...matches.flatMap((match) => changeNote(match, dataset)),
    ],
    feeds: (data) => {
      const feeds = buildFeeds(matches, data, dataset.name, size === undefined ? data.size : batchSize);
      return { ...feeds, ...derivedFeeds(derived, inputs, feeds) };
    },
  };
}

/** The number of rows the model demands; undefined where it leaves that open. */
function fixedBatch(matches: readonly Match[], batch: number | undefined): number | undefined {
  const fixed = new Set<number>();
  for (const { input, shape } of matches) {
    const leading = shape.kind === 'single' ? 1 : input.dims[0];
    if (shape.kind !== 'whole' && typeof leading === 'number') fixed.add(leading);
  }
  const [size] = fixed;
  if (fixed.size > 1) {
    const sizes = [...fixed].join(', ');
    throw new LlmcError('DATA', `the model's inputs have different fixed leading dims: ${sizes}`, {
      hint: 'store arrays with a single row for inputs that are the same for every row',
    });
  }
  if (size !== undefined && batch !== undefined && batch !== size) {
    throw new LlmcError(
      'USAGE',
      `--batch ${batch} does not fit: the model's batch size is fixed at ${size}`,
      {
        hint: 'leave --batch out',
      },
    );
  }
  return size;
}

/** Text is no number, whatever it says. */
function requireKind(input: ValueInfo, column: Column, dataset: Dataset): void {
  const known = isArrayDtype(input.dtype) && isArrayDtype(column.dtype);
  if (known || input.dtype === column.dtype) return;
  throw new LlmcError(
    'DATA',
    `${dataset.name}: "${column.name || 'the array'}" is ${column.dtype}, the model's input "${input.name}" is ${input.dtype}`,
    { hint: `store the data as ${input.dtype}` },
  );
}

function changeNote({ input, column, shape }: Match, { name }: Dataset): string[] {
  const what = `${name}: "${column.name || 'the array'}"`;
  const notes: string[] = [];
  if (input.dtype !== column.dtype && !column.untyped)
    notes.push(`${what} is converted from ${column.dtype} to ${input.dtype}`);
  if (shape.kind === 'widened') notes.push(`${what} gets an axis of size 1 at ${shape.axis}`);
  return notes;
}

function buildFeeds(
  matches: readonly Match[],
  batch: Batch,
  name: string,
  size: number,
): Record<string, HostTensor> {
  const feeds: Record<string, HostTensor> = {};
  for (const { input, column, shape } of matches) {
    const stored = batch.inputs[column.name] as HostTensor;
    const places = column.shared ? undefined : batch.places;
    const origin = { name, ...(places && { places }) };
    requireFinite(stored, input, origin);
    const tensor = castTensor(stored, input.dtype, input.name, origin);
    feeds[input.name] = shaped(tensor, shape, size);
  }
  return feeds;
}

function shaped(tensor: HostTensor, shape: ShapeFit, size: number): HostTensor {
  if (shape.kind === 'single') return { ...tensor, dims: tensor.dims.slice(1) };
  if (shape.kind === 'whole') return { ...tensor, dims: shape.dims };
  const rows = padRows(tensor, size);
  return shape.kind === 'rows' ? rows : { ...rows, dims: rows.dims.toSpliced(shape.axis, 0, 1) };
}

/** The tensor with its last row repeated until it has `size` rows. */
function padRows(tensor: HostTensor, size: number): HostTensor {
  const rows = tensor.dims[0] ?? 0;
  if (rows >= size || rows === 0) return tensor;
  const { data, dtype } = tensor;
  const row = data.length / rows;
  const dims = [size, ...tensor.dims.slice(1)];
  if (Array.isArray(data)) {
    const last = data.slice(-row);
    return { dtype, dims, data: [...data, ...Array.from({ length: size - rows }, () => last).flat()] };
  }
  const result = allocate(dtype, size * row);
  const bytes = new Uint8Array(result.buffer);
  const stored = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const rowBytes = row * data.BYTES_PER_ELEMENT;
  bytes.set(stored);
  for (let i = rows; i < size; i++) bytes.set(stored.subarray((rows - 1) * rowBytes), i * rowBytes);
  return { dtype, dims, data: result };
}
