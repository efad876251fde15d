/** Which rows of a table are used and in which order: the options that all kinds of data have. */
import { LlmcError } from '../errors.ts';
import { seedFor, uniform } from '../random.ts';
import type { Batch, Dataset, Epoch } from './dataset.ts';
import { requireLabels } from './finite.ts';
import { keptRows } from './kept-rows.ts';
import type { RowTable } from './row-table.ts';
import { type DataSpec, positiveOption, wholeOption } from './spec.ts';

/** In the order in which they apply. */
export const ARRANGE_KEYS = {
  shuffle: 'seed of a random order of the rows',
  skip: 'leave out so many rows',
  split: 'share of the rows, e.g. 0:0.8 and 0.8:1',
  limit: 'use only the first rows',
  bucket: 'inside so many batches sort rows by length, to save padding',
};

/**
 * The rows of a table as the spec wants them. LlmcError DATA when none is left or an option makes no sense.
 * @param during a table as it is in an epoch
 */
export function arrange(
  table: RowTable,
  spec: DataSpec,
  during: (source: RowTable, epoch: number) => RowTable = (source) => source,
): Dataset {
  if (table.length === 0)
    throw new LlmcError('DATA', `${table.name} has no rows`, { hint: 'give data with at least one row' });
  const order = orderOf(table.length, wholeOption(spec, 'shuffle'));
  const { start, length } = rangeOf(table, spec);
  const bucket = positiveOption(spec, 'bucket');
  const lengthsOf = table.lengthsOf?.bind(table);
  if (bucket !== undefined && !lengthsOf)
    throw new LlmcError('DATA', `bucket=${bucket} does not apply: the rows of ${table.name} have one size`, {
      hint: 'leave it out',
    });
  const indexOf = (row: number): number => (order ? (order[start + row] as number) : start + row);
  function* chosen(): Generator<number> {
    for (let row = 0; row < length; row++) yield indexOf(row);
  }
  // Whoever goes through data once does not want it in memory.
  let kept: RowTable | undefined;
  const sourceIn = (epoch: Epoch | undefined): RowTable => {
    if (epoch) kept ??= keptRows(table, chosen());
    return during((epoch && kept) ?? table, epoch?.number ?? 0);
  };
  const read = async (
    rows: readonly number[],
    source: RowTable,
    columns?: ReadonlySet<string>,
  ): Promise<Batch> => {
    const indices = rows.map(indexOf);
    const batch = await source.rows(indices, columns);
    const places = indices.map((index) => table.place?.(index) ?? `row ${index}`);
    if (batch.labels) requireLabels(batch.labels, table.name, places);
    return { ...batch, rows, places };
  };
  return {
    name: table.name,
    length,
    synthetic: false,
    columns: table.columns.map((column) =>
      column.shared ? column : { ...column, dims: [length, ...column.dims.slice(1)] },
    ),
    hasLabels: table.hasLabels,
    async *batches({ size, limit, columns, epoch }) {
      const stop = Math.min(length, limit ?? length);
      const source = sourceIn(epoch);
      const seed = epoch?.seed ?? null;
      const mixed = epoch && seed !== null ? orderOf(stop, seedFor(`epoch ${epoch.number}`, seed)) : null;
      const window = size * (bucket ?? 1);
      for (let from = 0; from < stop; from += window) {
        const rows = Array.from({ length: Math.min(window, stop - from) }, (_, at) =>
          mixed ? (mixed[from + at] as number) : from + at,
        );
        const sorted = bucket && lengthsOf ? byLength(rows, await lengthsOf(rows.map(indexOf))) : rows;
        for (let at = 0; at < sorted.length; at += size)
          yield await read(sorted.slice(at, at + size), source, columns);
      }
    },
  };
}

/** A permutation (Fisher and Yates); null for the stored order. */
function orderOf(length: number, seed: number | undefined): Uint32Array | null {
  if (seed === undefined) return null;
  const next = uniform(seed);
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let at = length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    const held = order[at] as number;
    order[at] = order[other] as number;
    order[other] = held;
  }
  return order;
}

/** The stretch of the order that skip, split and limit leave. */
export function rangeOf(
  table: Pick<RowTable, 'length' | 'name'>,
  spec: DataSpec,
): { readonly start: number; readonly length: number } {
  const skip = Math.min(wholeOption(spec, 'skip') ?? 0, table.length);
  const [low, high] = splitOption(spec);
  const rest = table.length - skip;
  // Rounded alike on both sides, so that neighbouring parts neither overlap nor lose a row.
  const start = skip + Math.round(low * rest);
  const length = Math.min(skip + Math.round(high * rest) - start, positiveOption(spec, 'limit') ?? Infinity);
  if (length > 0) return { start, length };
  throw new LlmcError('DATA', `"${spec.text}" leaves none of the ${table.length} rows of ${table.name}`, {
    hint: 'skip fewer rows or take a larger part',
  });
}

function splitOption(spec: DataSpec): readonly [number, number] {
  const text = spec.options.get('split');
  if (text === undefined) return [0, 1];
  const [, low = '', high = ''] = /^(\d*\.?\d+):(\d*\.?\d+)$/.exec(text) ?? [];
  if (low !== '' && Number(low) < Number(high) && Number(high) <= 1) return [Number(low), Number(high)];
  throw new LlmcError('DATA', `option split=${text} in "${spec.text}" is no part of the rows`, {
    hint: 'give two growing fractions from 0 to 1, e.g. split=0:0.8 and split=0.8:1',
  });
}

function byLength(indices: readonly number[], lengths: readonly number[]): number[] {
  const order = indices.map((_, at) => at).sort((a, b) => (lengths[a] as number) - (lengths[b] as number));
  return order.map((at) => indices[at] as number);
}
