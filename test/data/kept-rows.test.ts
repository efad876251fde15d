/** Rows kept in memory: nothing but the number of reads may tell. */
import { describe, expect, it } from 'vitest';
import { arrange } from '../../src/data/arrange.ts';
import type { Batch } from '../../src/data/dataset.ts';
import { keptRows } from '../../src/data/kept-rows.ts';
import { parseDataSpec } from '../../src/data/open.ts';
import type { RowTable } from '../../src/data/row-table.ts';
import { uniform } from '../../src/random.ts';

const ROWS = 57;

interface Shape {
  readonly ragged?: boolean;
  readonly labelDims?: readonly (number | null)[];
  readonly together?: true;
}

/** Labels of differing lengths are padded to the longest, as tables do. */
function tableOf(shape: Shape, reads: number[]): RowTable {
  const { ragged = false, together, labelDims } = shape;
  const widthOf = (index: number) => (ragged ? 1 + (index % 4) : 3);
  return {
    name: 't',
    length: ROWS,
    columns: [
      { name: 'x', dtype: 'float32', dims: [ROWS, ragged ? null : 3], shared: false },
      { name: 'n', dtype: 'int64', dims: [ROWS], shared: false },
      { name: 'rate', dtype: 'int32', dims: [1], shared: true },
    ],
    hasLabels: labelDims !== undefined,
    ...(labelDims && { labelDims }),
    ...(together && { together }),
    async rows(indices, columns) {
      reads.push(...indices);
      const width = Math.max(...indices.map(widthOf));
      const x = new Float32Array(indices.length * width);
      for (const [at, index] of indices.entries())
        for (let i = 0; i < widthOf(index); i++) x[at * width + i] = index + i / 8;
      const long = Math.max(...indices.map((index) => (labelDims?.[0] === null ? 1 + (index % 3) : 1)));
      return {
        inputs: {
          ...((columns?.has('x') ?? true) && {
            x: { dtype: 'float32', dims: [indices.length, width], data: x },
          }),
          n: { dtype: 'int64', dims: [indices.length], data: BigInt64Array.from(indices, BigInt) },
          rate: { dtype: 'int32', dims: [1], data: Int32Array.of(16) },
        },
        size: indices.length,
        ...(labelDims && {
          labels: {
            dtype: 'int32',
            dims: [indices.length, long],
            data: new Int32Array(indices.length * long).fill(7),
          },
        }),
      };
    },
  };
}

const SHAPES: readonly Shape[] = [
  {},
  { together: true },
  { labelDims: [1], together: true },
  { labelDims: [1] },
  { labelDims: [null] },
  { ragged: true, labelDims: [1] },
];

const all = Array.from({ length: ROWS }, (_, index) => index);

async function compare(table: RowTable, most: number): Promise<void> {
  const kept = keptRows(table, all.slice(3, 50), most);
  const next = uniform(most);
  for (let round = 0; round < 12; round++) {
    const indices = Array.from({ length: 1 + (round % 7) }, () => Math.floor(next() * ROWS));
    const columns = round % 5 === 4 ? new Set(['n']) : undefined;
    const found = await kept.rows(indices, columns);
    expect(found).toEqual(await table.rows(indices, columns));
    // Whoever asked may change what was given.
    for (const { data } of [...Object.values(found.inputs), ...(found.labels ? [found.labels] : [])])
      (data as Int32Array | BigInt64Array).fill((data instanceof BigInt64Array ? -1n : -1) as never);
  }
}

describe('kept rows', () => {
  it('are what the table gives, whatever is asked for and however often, and fresh', async () => {
    for (const shape of SHAPES) for (const most of [0, 500, 1e6]) await compare(tableOf(shape, []), most);
  });

  it('are read once where they have one size and fit into memory, else each time', async () => {
    for (const [at, shape] of SHAPES.entries())
      for (const [most, fits] of [
        [1e6, at < 4],
        [ROWS * 20 - 1, false],
      ] as const) {
        const reads: number[] = [];
        const kept = keptRows(tableOf(shape, reads), all, most);
        for (let epoch = 0; epoch < 3; epoch++)
          for (let from = 0; from < ROWS; from += 10) await kept.rows(all.slice(from, from + 10));
        // A first read may be needed to learn that rows do not fit.
        if (fits) expect([...reads].sort((a, b) => a - b)).toEqual(all);
        else expect(reads.length).toBeGreaterThanOrEqual(3 * ROWS);
      }
  });

  it('come with their neighbours only where these lie beside them and are among the chosen', async () => {
    for (const together of [undefined, true] as const) {
      const reads: number[] = [];
      const kept = keptRows(tableOf(together ? { together } : {}, reads), all.slice(10, 20), 1e6);
      await kept.rows([12, 12, 15]);
      expect(reads).toEqual(together ? all.slice(10, 20) : [12, 15]);
    }
  });
});

describe('epochs', () => {
  it('are the same rows in the same order as from a table that keeps nothing, and read once', async () => {
    for (const options of ['', '?shuffle=4&split=0.2:0.9', '?skip=5&limit=20']) {
      const reads: number[] = [];
      const spec = parseDataSpec(`t.npz${options}`);
      const table = tableOf({ labelDims: [1], together: true }, reads);
      const dataset = arrange(table, spec);
      // Labels of unknown dims are not kept.
      const { labelDims: _, ...plain } = table;
      const other = arrange(plain, spec);
      for (let number = 0; number < 3; number++) {
        const epoch = { number, seed: 9 };
        const [before, found, wanted]: [number, Batch[], Batch[]] = [reads.length, [], []];
        for await (const batch of dataset.batches({ size: 8, epoch })) found.push(batch);
        expect(reads.length - before).toBe(number === 0 ? dataset.length : 0);
        for await (const batch of other.batches({ size: 8, epoch })) wanted.push(batch);
        reads.length = 0;
        expect(found).toEqual(wanted);
      }
    }
  });
});
