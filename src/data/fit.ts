/** Fits a dataset's columns to a model's inputs: names, element types, batch size, padding. */
import { LlmcError } from '../errors.ts';
import { castTensor } from './cast.ts';
import type { Batch, Column, Dataset } from './dataset.ts';
import { allocate, type HostTensor } from './host-tensor.ts';
import { ONLY_INPUT } from './sources/source.ts';
import type { ValueInfo } from './value-info.ts';

interface Match {
  readonly input: ValueInfo;
  readonly column: Column;
  /** The model's input is a single row without a batch axis. */
  readonly unbatched: boolean;
}

export interface Fit {
  /** Rows to ask the dataset for. */
  readonly batchSize: number;
  /** True when every feed must have exactly `batchSize` rows: a smaller last batch is filled up by repetition. */
  readonly padded: boolean;
  /** Columns no input wants. */
  readonly ignored: readonly string[];
  /** The feeds of one batch; outputs beyond `batch.size` rows belong to repeated rows. */
  feeds(batch: Batch): Record<string, HostTensor>;
}

/**
 * Pairs columns and inputs by name (an unnamed column feeds a model's only input). A model with a fixed leading
 * dim dictates the batch size; where it does not, `batch` does, or else `preferred`. LlmcError DATA when an input has no column or sizes contradict each other.
 */
export function fitDataset(
  dataset: Dataset,
  inputs: readonly ValueInfo[],
  batch?: number,
  preferred = 1,
): Fit {
  const matches = inputs.map((input) => match(dataset, inputs, input));
  const rows = matches.filter(({ column }) => !column.shared);
  const unbatched = rows.some((row) => row.unbatched);
  const fixed = new Set<number>();
  for (const row of rows) {
    const leading = row.unbatched ? 1 : row.input.dims[0];
    if (typeof leading === 'number') fixed.add(leading);
  }
  const [size] = fixed;
  if (fixed.size > 1) {
    throw new LlmcError(
      'DATA',
      `the model's inputs have different fixed leading dims: ${[...fixed].join(', ')}`,
      {
        hint: 'store arrays with a single row for inputs that are the same for every row',
      },
    );
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
  const batchSize = size ?? batch ?? (unbatched ? 1 : preferred);
  const used = new Set(matches.map(({ column }) => column.name));
  return {
    batchSize,
    padded: size !== undefined && !unbatched,
    ignored: dataset.columns.map((column) => column.name).filter((name) => !used.has(name)),
    feeds: (data) => buildFeeds(matches, data, size === undefined ? data.size : batchSize),
  };
}

function match(dataset: Dataset, inputs: readonly ValueInfo[], input: ValueInfo): Match {
  const column =
    dataset.columns.find((candidate) => candidate.name === input.name) ??
    (inputs.length === 1 ? dataset.columns.find((candidate) => candidate.name === ONLY_INPUT) : undefined);
  if (column === undefined) {
    const names = dataset.columns.map((candidate) => candidate.name || '(one unnamed array)').join(', ');
    throw new LlmcError('DATA', `${dataset.name} has nothing for the model's input "${input.name}"`, {
      hint: `it has: ${names}; the model wants: ${inputs.map((candidate) => candidate.name).join(', ')}`,
    });
  }
  const unbatched = !column.shared && input.dims.length > 0 && column.dims.length === input.dims.length + 1;
  return { input, column, unbatched };
}

function buildFeeds(matches: readonly Match[], batch: Batch, size: number): Record<string, HostTensor> {
  const feeds: Record<string, HostTensor> = {};
  for (const { input, column, unbatched } of matches) {
    const stored = batch.inputs[column.name] as HostTensor;
    const tensor = castTensor(stored, input.dtype, input.name);
    if (unbatched) feeds[input.name] = { ...tensor, dims: tensor.dims.slice(1) };
    else feeds[input.name] = column.shared ? tensor : padRows(tensor, size);
  }
  return feeds;
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
