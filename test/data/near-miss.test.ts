/** Data that is nearly what the model wants is brought into line, with a note; everything else is refused with both sides named. */
import { describe, expect, it } from 'vitest';
import { arrange } from '../../src/data/arrange.ts';
import { arrayTable } from '../../src/data/array-table.ts';
import type { Batch } from '../../src/data/dataset.ts';
import { type Fit, fitDataset } from '../../src/data/fit.ts';
import { sliceRows } from '../../src/data/formats/npy-array.ts';
import { allocate, elementCount, type HostTensor } from '../../src/data/host-tensor.ts';
import { parseDataSpec } from '../../src/data/open.ts';
import type { ValueInfo } from '../../src/data/value-info.ts';

/** 0, 1, 2, ... */
function counted(dtype: string, ...dims: number[]): HostTensor {
  const data = allocate(dtype, elementCount(dims));
  for (let i = 0; i < data.length; i++) data[i] = (data instanceof BigInt64Array ? BigInt(i) : i) as never;
  return { dtype, dims, data };
}

function dataset(arrays: Readonly<Record<string, HostTensor>>) {
  const columns = Object.entries(arrays).map(([name, tensor]) => ({
    name,
    dtype: tensor.dtype,
    dims: tensor.dims,
    all: async () => tensor,
    rows: async (start: number, end: number) => sliceRows(tensor, start, end),
  }));
  return arrange(arrayTable(columns, { name: 'test.npz', labels: 'labels' }), parseDataSpec('test.npz'));
}

function input(name: string, dtype: string, ...dims: (number | string | null)[]): ValueInfo {
  return { name, dtype, dims };
}

async function batchesOf(fit: Fit): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const batch of fit.dataset.batches({ size: fit.batchSize })) list.push(batch);
  return list;
}

async function firstFeeds(fit: Fit): Promise<Record<string, HostTensor>> {
  const [batch] = await batchesOf(fit);
  return fit.feeds(batch as Batch);
}

describe('near misses', () => {
  it('the only array left feeds the only input left', async () => {
    const fit = fitDataset(dataset({ pixels: counted('float32', 2, 3) }), [input('x', 'float32', 'n', 3)], 2);
    expect(fit.notes).toEqual(['test.npz: "pixels" is taken for the input "x"']);
    expect((await firstFeeds(fit))['x']).toEqual(counted('float32', 2, 3));
  });

  it('of several arrays, the one of the right shape and kind', () => {
    const data = { ids: counted('int64', 2, 5), pixels: counted('float32', 2, 3), y: counted('float32', 2) };
    const fit = fitDataset(dataset(data), [input('x', 'float32', 'n', 3)]);
    expect(fit.notes).toEqual(['test.npz: "pixels" is taken for the input "x"']);
    expect(fit.ignored).toEqual(['ids', 'y']);
  });

  it('none, where two would do or none does', () => {
    const inputs = [input('x', 'float32', 'n', 3)];
    const two = { a: counted('float32', 2, 3), b: counted('float32', 2, 3) };
    for (const data of [two, { a: counted('float32', 2, 4) }, { a: counted('float32', 2, 3, 3, 3) }])
      expect(() => fitDataset(dataset(data), inputs)).toThrow(/has nothing for the model's input "x"/);
    const ids = [input('ids', 'int64', 'n', 3)];
    expect(() => fitDataset(dataset({ a: counted('float32', 2, 3) }), ids)).toThrow(/input "ids"/);
  });

  it('names that differ in case and punctuation', () => {
    const data = { Input_IDs: counted('int64', 2, 3), 'attention-mask': counted('int64', 2, 3) };
    const inputs = [input('input.ids', 'int64', 'n', 's'), input('attention_mask', 'int64', 'n', 's')];
    expect(fitDataset(dataset(data), inputs).notes).toEqual([
      'test.npz: "Input_IDs" is taken for the input "input.ids"',
      'test.npz: "attention-mask" is taken for the input "attention_mask"',
    ]);
  });

  it.each([
    ['float64', 'float32'],
    ['int32', 'int64'],
    ['uint8', 'float32'],
    ['float32', 'float16'],
  ])('%s for %s', async (from, to) => {
    const fit = fitDataset(dataset({ x: counted(from, 2, 3) }), [input('x', to, 'n', 3)]);
    expect(fit.notes).toEqual([`test.npz: "x" is converted from ${from} to ${to}`]);
    expect((await firstFeeds(fit))['x']?.dtype).toBe(to);
  });

  it('an axis of size 1 that is missing', async () => {
    const data = dataset({ x: counted('float32', 4, 28, 28) });
    for (const [dims, axis] of [
      [[1, 28, 28], 1],
      [[28, 28, 1], 3],
    ] as const) {
      const fit = fitDataset(data, [input('x', 'float32', 'n', ...dims)], 4);
      expect(fit.notes).toEqual([`test.npz: "x" gets an axis of size 1 at ${axis}`]);
      expect((await firstFeeds(fit))['x']).toEqual({ ...counted('float32', 4, 28, 28), dims: [4, ...dims] });
    }
  });

  it('one row without a batch axis, labels included', async () => {
    const data = { x: counted('float32', 3, 8, 8), rate: counted('int64'), labels: counted('int64', 3) };
    const fit = fitDataset(dataset(data), [input('x', 'float32', 'n', 3, 8, 8), input('rate', 'int64')]);
    expect(fit.notes).toEqual(['test.npz has no batch axis: it is taken as one row']);
    expect(fit.dataset.length).toBe(1);
    const [batch, ...rest] = await batchesOf(fit);
    expect(rest).toEqual([]);
    expect(batch?.labels?.dims).toEqual([1, 3]);
    expect(fit.feeds(batch as Batch)).toEqual({
      x: { ...counted('float32', 3, 8, 8), dims: [1, 3, 8, 8] },
      rate: counted('int64'),
    });
  });

  it('what fits is taken as it is, without a word', () => {
    const data = { x: counted('float32', 2, 3), ids: counted('int64', 2, 9) };
    const inputs = [input('x', 'float32', 'n', 3), input('ids', 'int64', 'n', 's')];
    expect(fitDataset(dataset(data), inputs).notes).toEqual([]);
  });
});

describe('what does not fit', () => {
  const image = input('x', 'float32', 'n', 3, 32, 32);

  it('a wrong shape is refused with both shapes', () => {
    expect(() => fitDataset(dataset({ x: counted('float32', 2, 3, 16, 16) }), [image])).toThrow(
      expect.objectContaining({
        code: 'DATA',
        exitCode: 2,
        hint: expect.stringContaining('x float32 [2,3,16,16]; the model wants x float32 [n,3,32,32]'),
      }),
    );
  });

  it('channels at the other end are recognized', () => {
    expect(() => fitDataset(dataset({ x: counted('float32', 2, 32, 32, 3) }), [image])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('transpose its axes to 0, 3, 1, 2') }),
    );
    const last = input('x', 'float32', 'n', 32, 32, 3);
    expect(() => fitDataset(dataset({ x: counted('float32', 2, 3, 32, 32) }), [last])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('transpose its axes to 0, 2, 3, 1') }),
    );
  });

  it('text is no number', () => {
    const fit = () => fitDataset(dataset({ x: counted('float32', 2, 3) }), [input('x', 'string', 'n', 3)]);
    expect(fit).toThrow(expect.objectContaining({ code: 'DATA', hint: 'store the data as string' }));
  });

  it.each([
    ['NaN', Number.NaN],
    ['an infinity', Number.POSITIVE_INFINITY],
  ])('%s is refused', async (what, value) => {
    const x = counted('float32', 2, 3);
    x.data[4] = value as never;
    const fit = fitDataset(dataset({ x }), [input('x', 'float32', 'n', 3)], 2);
    await expect(firstFeeds(fit)).rejects.toMatchObject({
      code: 'DATA',
      message: `test.npz, row 1: the data for the input "x" holds ${what}`,
    });
  });

  it('an infinity is, in a mask that is added to scores, not', async () => {
    const mask = counted('float32', 2, 3);
    mask.data[4] = Number.NEGATIVE_INFINITY as never;
    const fit = fitDataset(dataset({ mask }), [input('mask', 'float32', 'n', 3)], 2);
    expect((await firstFeeds(fit))['mask']?.data[4]).toBe(Number.NEGATIVE_INFINITY);
  });
});
