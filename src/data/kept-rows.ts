/** Rows that stay in memory once they have been read: another epoch over them costs a copy. */
import type { Batch } from './dataset.ts';
import { allocate, elementCount, type HostTensor, isArrayDtype } from './host-tensor.ts';
import { KeptColumn } from './kept-column.ts';
import type { RowTable } from './row-table.ts';

/** What rows may take up in memory. */
export const MOST_KEPT = 512 * 2 ** 20;

/** Rows that lie together in a file are read with their neighbours: so many bytes cost little more than one row. */
const BLOCK = 2 ** 20;
/** Read at once when blocks are, so that little is in memory twice. */
const PORTION = 8 * BLOCK;

/**
 * The table, but what it was asked before is not read again. Only rows of one size are kept, since batches of others are
 * padded to their longest row, and only where all of them fit: what does not is read each time, as without.
 * @param chosen the rows that will be asked for; others are read each time
 */
export function keptRows(table: RowTable, chosen: Iterable<number>, mostBytes: number = MOST_KEPT): RowTable {
  let store: { readonly asked: string; readonly rows: KeptRows } | undefined;
  return {
    ...table,
    rows(indices, columns) {
      const asked = columns ? JSON.stringify([...columns].sort()) : '';
      store ??= { asked, rows: new KeptRows(table, chosen, columns, mostBytes) };
      return store.asked === asked ? store.rows.take(indices) : table.rows(indices, columns);
    },
  };
}

/** Whether nothing of a row depends on which others it is in a batch with. */
function constant(
  { columns, hasLabels, labelDims }: RowTable,
  wanted: ReadonlySet<string> | undefined,
): boolean {
  const sized = columns.every(
    ({ name, shared, dims, dtype }) =>
      !(wanted?.has(name) ?? true) || (isArrayDtype(dtype) && (shared || !dims.includes(null))),
  );
  return sized && (!hasLabels || (labelDims !== undefined && !labelDims.includes(null)));
}

class KeptRows {
  readonly #table: RowTable;
  readonly #columns: ReadonlySet<string> | undefined;
  readonly #mostBytes: number;
  /** Place of each row in memory; -1 for rows that are not kept. */
  readonly #places: Int32Array;
  readonly #count: number;
  readonly #known: Uint8Array;
  #closed: boolean;
  #inputs: Map<string, KeptColumn> | undefined;
  #labels: KeptColumn | undefined;

  constructor(
    table: RowTable,
    chosen: Iterable<number>,
    columns: ReadonlySet<string> | undefined,
    mostBytes: number,
  ) {
    this.#table = table;
    this.#columns = columns;
    this.#mostBytes = mostBytes;
    this.#places = new Int32Array(table.length).fill(-1);
    let count = 0;
    for (const index of chosen) this.#places[index] = count++;
    this.#count = count;
    this.#known = new Uint8Array(table.length);
    this.#closed = !constant(table, columns) || count * this.#rowBytes() > mostBytes;
  }

  async take(indices: readonly number[]): Promise<Batch> {
    const places = indices.map((index) => this.#places[index] as number);
    if (!places.includes(-1)) await this.#fill(indices);
    if (this.#closed || !this.#inputs || places.includes(-1)) return this.#table.rows(indices, this.#columns);
    const inputs = [...this.#inputs].map(([name, column]): [string, HostTensor] => [
      name,
      column.take(places),
    ]);
    const batch = { inputs: Object.fromEntries(inputs), size: indices.length };
    return this.#labels ? { ...batch, labels: this.#labels.take(places) } : batch;
  }

  /** Of what is wanted but the labels, whose element type nobody says. */
  #rowBytes(): number {
    let bytes = 0;
    for (const { name, dims, dtype, shared } of this.#table.columns)
      if (!shared && (this.#columns?.has(name) ?? true))
        bytes += elementCount(dims.slice(1) as number[]) * allocate(dtype, 1).BYTES_PER_ELEMENT;
    return bytes;
  }

  async #fill(indices: readonly number[]): Promise<void> {
    const missing = this.#missing(indices);
    const most = this.#table.together ? this.#perBytes(PORTION) : missing.length;
    for (let from = 0; from < missing.length && !this.#closed; from += most) {
      const part = missing.slice(from, from + most);
      this.#put(part, await this.#table.rows(part, this.#columns));
    }
  }

  #missing(indices: readonly number[]): number[] {
    const missing = new Set(indices.filter((index) => !this.#known[index]));
    if (!this.#table.together) return [...missing];
    const block = this.#perBytes(BLOCK);
    const blocks = new Set([...missing].map((index) => Math.floor(index / block)));
    return [...blocks]
      .sort((a, b) => a - b)
      .flatMap((at) => Array.from({ length: block }, (_, row) => at * block + row))
      .filter((index) => !this.#known[index] && (this.#places[index] ?? -1) >= 0);
  }

  #perBytes(bytes: number): number {
    return Math.max(1, Math.floor(bytes / Math.max(1, this.#rowBytes())));
  }

  #put(indices: readonly number[], { inputs, labels }: Batch): void {
    this.#begin(inputs, labels);
    const tensors = Object.entries(inputs);
    const places = indices.map((index) => this.#places[index] as number);
    const fits =
      tensors.length === this.#inputs?.size &&
      tensors.every(([name, tensor]) => this.#inputs?.get(name)?.put(places, tensor)) &&
      (labels ? (this.#labels?.put(places, labels) ?? false) : !this.#labels);
    if (!fits) this.#close();
    else for (const index of indices) this.#known[index] = 1;
  }

  #begin(inputs: Batch['inputs'], labels: HostTensor | undefined): void {
    if (this.#inputs || this.#closed) return;
    const shared = new Set(this.#table.columns.filter((column) => column.shared).map(({ name }) => name));
    const columns = Object.entries(inputs).map(([name, tensor]): [string, KeptColumn] => [
      name,
      new KeptColumn(tensor, shared.has(name) ? null : this.#count),
    ]);
    this.#inputs = new Map(columns);
    this.#labels = labels && new KeptColumn(labels, this.#count);
    const bytes = columns.reduce((sum, [, column]) => sum + column.bytes, this.#labels?.bytes ?? 0);
    if (bytes > this.#mostBytes) this.#close();
  }

  #close(): void {
    this.#closed = true;
    this.#inputs = undefined;
    this.#labels = undefined;
  }
}
