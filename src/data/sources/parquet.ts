/** `reviews.parquet?text=sentence&labels=label&tokenizer=tokenizer.json`: columnar files, read a row group at a time. */
import { basename } from 'node:path';
import type { AsyncBuffer, FileMetaData, ParquetScan } from 'hyparquet';
import { LlmcError } from '../../errors.ts';
import { fileSize, readRange } from '../file-range.ts';
import { dtypeOfColumn, hasLength } from '../formats/parquet-types.ts';
import { RECORD_KEYS, recordTable } from '../records/record-table.ts';
import type { Field, Records } from '../records/records.ts';
import type { Source } from './source.ts';

export const parquet: Source = {
  kind: 'parquet',
  extensions: ['.parquet', '.pq'],
  keys: RECORD_KEYS,
  files: ['tokenizer'],
  caches: ['cache'],
  needsPath: true,
  costly: true,
  open: async (spec) => recordTable(await openParquet(spec.path), spec),
};

/** Values of decoded row groups that are kept: enough to read several groups in turn. */
const KEPT_VALUES = 1 << 24;

async function openParquet(path: string): Promise<Records> {
  const name = basename(path);
  const file = await openFile(path);
  const { parquetMetadataAsync, parquetScan, parquetSchema } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const [metadata, scan, schema] = await readable(name, 'it is no parquet file, or damaged', async () => {
    const found = await parquetMetadataAsync(file);
    requirePlausible(found);
    return [found, await parquetScan({ file, metadata: found, compressors }), parquetSchema(found)] as const;
  });
  const columns = new Map(schema.children.map((child) => [child.element.name, child]));
  const groups = new GroupCache(name, scan);
  const read = async (indices: readonly number[], fields: readonly string[]) => {
    const found = new Map<string, Field[]>();
    for (const field of fields) found.set(field, await groups.values(indices, field));
    return found;
  };
  const growing = [...columns].filter(([, column]) => hasLength(column)).map(([field]) => field);
  return {
    name,
    length: Number(metadata.num_rows),
    fields: [...columns.keys()],
    read,
    place: (index) => `row ${index}`,
    dtypeOf(field) {
      const column = columns.get(field);
      return column && dtypeOfColumn(column);
    },
    async lengthsOf(indices) {
      const values = [...(await read(indices, growing)).values()];
      return indices.map((_, at) => values.reduce((sum, each) => sum + lengthOf(each[at]), 0));
    },
  };
}

/** Decoded columns of row groups, those used last. */
class GroupCache {
  readonly #name: string;
  readonly #scan: ParquetScan;
  readonly #starts: readonly number[];
  readonly #kept = new Map<string, ArrayLike<Field>>();
  #size = 0;

  constructor(name: string, scan: ParquetScan) {
    this.#name = name;
    this.#scan = scan;
    this.#starts = scan.ranges.map(({ rowStart }) => rowStart);
  }

  /** The values of one field, in the order of the indices. */
  async values(indices: readonly number[], field: string): Promise<Field[]> {
    const found = new Array<Field>(indices.length);
    const byGroup = new Map<number, number[]>();
    for (const [at, index] of indices.entries()) {
      const group = this.#groupOf(index);
      const places = byGroup.get(group);
      if (places) places.push(at);
      else byGroup.set(group, [at]);
    }
    for (const [group, places] of byGroup) {
      const data = await this.#column(group, field);
      const start = this.#starts[group] as number;
      for (const at of places) found[at] = data[(indices[at] as number) - start];
    }
    return found;
  }

  /** The last group that begins at or before the row. */
  #groupOf(index: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] as number) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #column(group: number, field: string): Promise<ArrayLike<Field>> {
    const key = `${group} ${field}`;
    const held = this.#kept.get(key);
    if (held) {
      // A Map remembers the order of insertion: what was used last stands last.
      this.#kept.delete(key);
      this.#kept.set(key, held);
      return held;
    }
    const range = this.#scan.ranges[group] ?? { rowStart: 0, rowEnd: 0 };
    const where = `rows ${range.rowStart} to ${range.rowEnd - 1} of "${field}" are damaged`;
    const data = await readable(this.#name, where, async () => {
      const values = await this.#scan.readColumn({ column: field, ...range });
      if (values.length < range.rowEnd - range.rowStart) throw new Error('there are fewer than it states');
      return values as ArrayLike<Field>;
    });
    this.#kept.set(key, data);
    this.#size += weigh(data);
    for (const [oldest, values] of this.#kept) {
      if (this.#size <= KEPT_VALUES || oldest === key) break;
      this.#kept.delete(oldest);
      this.#size -= weigh(values);
    }
    return data;
  }
}

/** About how many values there are: rows are taken to be as long as the first one. */
function weigh(values: ArrayLike<Field>): number {
  return values.length * Math.max(1, lengthOf(values[0]));
}

function lengthOf(value: Field): number {
  if (typeof value === 'string') return value.length;
  return Array.isArray(value) ? value.reduce((sum: number, each) => sum + Math.max(1, lengthOf(each)), 0) : 0;
}

async function openFile(path: string): Promise<AsyncBuffer> {
  const byteLength = await fileSize(path);
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const stop = Math.min(end, byteLength);
      if (!(start >= 0 && start <= stop)) throw new Error('it points outside the file');
      return (await readRange(path, start, stop - start)).buffer as ArrayBuffer;
    },
  };
}

/** Counts that contradict each other would make arrays of absurd sizes. */
function requirePlausible({ num_rows, row_groups }: FileMetaData): void {
  const rows = row_groups.map((group) => Number(group.num_rows));
  const total = rows.reduce((sum, each) => sum + each, 0);
  if (!rows.every((each) => each >= 0 && each < 2 ** 31) || total !== Number(num_rows))
    throw new Error('its row groups do not add up');
}

/** Whatever the decoder stumbles over is a fault of the file. */
async function readable<T>(name: string, what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new LlmcError('DATA', `cannot read ${name}: ${what} (${(cause as Error).message})`, {
      hint: 'write or download the file again',
      cause,
    });
  }
}
