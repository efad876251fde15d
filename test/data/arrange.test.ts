/** The options all kinds of data have: which rows, in which order. */
import { describe, expect, it } from 'vitest';
import { arrange } from '../../src/data/arrange.ts';
import { arrayTable } from '../../src/data/array-table.ts';
import type { NpyArray } from '../../src/data/formats/npy-array.ts';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { parseDataSpec } from '../../src/data/open.ts';
import type { RowTable } from '../../src/data/row-table.ts';

const ROWS = 103;

/** Row i of x holds [i, i]; every read is noted. */
function table(reads: [number, number][] = []): RowTable {
  const rows = async (start: number, end: number) => {
    reads.push([start, end]);
    const data = Float32Array.from({ length: 2 * (end - start) }, (_, at) => start + Math.floor(at / 2));
    return { dtype: 'float32', dims: [end - start, 2], data };
  };
  const array: NpyArray = { name: 'x', dtype: 'float32', dims: [ROWS, 2], rows, all: () => rows(0, ROWS) };
  return arrayTable([array], { name: 't.npz', labels: undefined });
}

const arranged = (options: string, from = table()) => arrange(from, parseDataSpec(`t.npz${options}`));

async function order(options: string, size = 10, from = table()): Promise<number[]> {
  const all: number[] = [];
  for await (const { inputs, size: rows } of arranged(options, from).batches({ size })) {
    const { data: found } = inputs['x'] as HostTensor;
    const data = Array.from(found as Float32Array);
    expect(data.filter((_, at) => at % 2 === 1)).toEqual(data.filter((_, at) => at % 2 === 0));
    expect(data).toHaveLength(2 * rows);
    all.push(...data.filter((_, at) => at % 2 === 0));
  }
  return all;
}

const stored = Array.from({ length: ROWS }, (_, at) => at);

describe('order of rows', () => {
  it('is the stored one unless a seed is given, then the same permutation each time', async () => {
    expect(await order('')).toEqual(stored);
    const shuffled = await order('?shuffle=0');
    expect(shuffled).not.toEqual(stored);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(stored);
    for (const size of [1, 7, 200]) expect(await order('?shuffle=0', size)).toEqual(shuffled);
    expect(await order('?shuffle=1')).not.toEqual(shuffled);
  });

  it('puts every row into exactly one part of a split', async () => {
    for (const shuffle of ['', '&shuffle=3'])
      for (const cuts of [
        [0, 0.8, 1],
        [0, 0.333, 0.5, 0.9, 1],
      ]) {
        const parts = cuts.slice(1).map((high, at) => order(`?split=${cuts[at]}:${high}${shuffle}&skip=3`));
        const whole = await order(`?skip=3${shuffle}`);
        expect((await Promise.all(parts)).flat()).toEqual(whole);
      }
  });

  it('skips, then splits, then limits what was shuffled', async () => {
    const whole = await order('?shuffle=5');
    const rest = whole.slice(3);
    expect(await order('?limit=4&split=0.5:1&skip=3&shuffle=5')).toEqual(rest.slice(50, 54));
    expect(arranged('?limit=4&skip=3').columns[0]?.dims).toEqual([4, 2]);
  });

  it('reads neighbours of a permutation at once, each row only once', async () => {
    const reads: [number, number][] = [];
    await order('?shuffle=1', 50, table(reads));
    expect(reads).toHaveLength(3);
  });

  it('sorts rows by length inside windows of batches', async () => {
    const lengths = async (indices: readonly number[]) => indices.map((index) => (index * 37) % 101);
    const length = (index: number) => (index * 37) % 101;
    const found = await order('?bucket=4', 5, { ...table(), lengthsOf: lengths });
    for (let at = 0; at < ROWS; at += 20) {
      const window = found.slice(at, at + 20);
      expect([...window].sort((a, b) => a - b)).toEqual(stored.slice(at, at + 20));
      const sizes = window.map(length);
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    }
  });
});

describe('refused', () => {
  it.each([
    ['?skip=103', /leaves none of the 103 rows of t.npz/],
    ['?skip=100&split=0:0.1', /leaves none/],
    ['?split=0.5:0.2', /split=0.5:0.2 .* is no part/],
    ['?split=0:2', /is no part/],
    ['?split=80', /is no part/],
    ['?shuffle=x', /shuffle=x .* is not a whole number/],
    ['?skip=-1', /skip=-1 .* is not a whole number/],
    ['?bucket=4', /the rows of t.npz have one size/],
  ])('%s', (options, message) => {
    expect(() => arranged(options)).toThrow(
      expect.objectContaining({ code: 'DATA', message: expect.stringMatching(message) }),
    );
  });

  it('labels that are NaN, with the row', async () => {
    const labels = { dtype: 'float32', dims: [2], data: Float32Array.of(1, Number.NaN) };
    const from: RowTable = { ...table(), rows: async () => ({ inputs: {}, labels, size: 2 }) };
    const batches = arranged('?skip=40', from).batches({ size: 2 });
    await expect(batches[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'DATA',
      message: 't.npz, row 41: the label is NaN',
    });
  });
});
