import { describe, expect, it } from 'vitest';
import { arrange } from '../../src/data/arrange.ts';
import { arrayTable } from '../../src/data/array-table.ts';
import { asFloats, castTensor } from '../../src/data/cast.ts';
import type { Batch } from '../../src/data/dataset.ts';
import { fitDataset } from '../../src/data/fit.ts';
import { type NpyArray, sliceRows } from '../../src/data/formats/npy-array.ts';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { parseDataSpec } from '../../src/data/open.ts';

function column(name: string, tensor: HostTensor): NpyArray {
  const rows = async (start: number, end: number) => sliceRows(tensor, start, end);
  return { name, dtype: tensor.dtype, dims: tensor.dims, all: async () => tensor, rows };
}
const rows = (...data: number[]): HostTensor => ({
  dtype: 'float64',
  dims: [data.length, 1],
  data: Float64Array.from(data),
});
const dataset = (arrays: Record<string, HostTensor>) =>
  arrange(
    arrayTable(
      Object.entries(arrays).map(([name, tensor]) => column(name, tensor)),
      { name: 'test data', labels: 'labels' },
    ),
    parseDataSpec('test.npz'),
  );
async function batches(arrays: Record<string, HostTensor>, size: number): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const batch of dataset(arrays).batches({ size })) list.push(batch);
  return list;
}

describe('fitting data to a model', () => {
  it('casts to the type of the input and ignores other columns', async () => {
    const data = { x: rows(1, 2, 3), extra: rows(0, 0, 0) };
    const fit = fitDataset(dataset(data), [{ name: 'x', dtype: 'float32', dims: ['n', 1] }], 2);
    const [first, last] = await batches(data, fit.batchSize);
    expect(fit.ignored).toEqual(['extra']);
    expect(fit.feeds(first as Batch)).toEqual({
      x: { dtype: 'float32', dims: [2, 1], data: Float32Array.of(1, 2) },
    });
    expect(fit.feeds(last as Batch)['x']?.dims).toEqual([1, 1]);
  });

  it('repeats the last row where the model fixes the batch size', async () => {
    const data = { x: rows(1, 2, 3, 4, 5) };
    const fit = fitDataset(dataset(data), [{ name: 'x', dtype: 'float32', dims: [3, 1] }]);
    const [, last] = await batches(data, fit.batchSize);
    expect(last?.size).toBe(2);
    expect(fit.feeds(last as Batch)['x']).toEqual({
      dtype: 'float32',
      dims: [3, 1],
      data: Float32Array.of(4, 5, 5),
    });
  });

  it('drops the row axis for a model without a batch', async () => {
    const data = { x: rows(1, 2) };
    const fit = fitDataset(dataset(data), [{ name: 'x', dtype: 'float64', dims: [1] }]);
    const [, second] = await batches(data, fit.batchSize);
    expect(fit.feeds(second as Batch)['x']).toEqual({
      dtype: 'float64',
      dims: [1],
      data: Float64Array.of(2),
    });
  });

  it('feeds one-row columns whole to every batch', async () => {
    const rate: HostTensor = { dtype: 'int64', dims: [1], data: BigInt64Array.of(16000n) };
    const data = { x: rows(1, 2, 3), rate };
    const fit = fitDataset(
      dataset(data),
      [
        { name: 'x', dtype: 'float64', dims: ['n', 1] },
        { name: 'rate', dtype: 'int64', dims: [1] },
      ],
      2,
    );
    for (const batch of await batches(data, fit.batchSize)) expect(fit.feeds(batch)['rate']).toEqual(rate);
    expect(fit.batchSize).toBe(2);
  });

  it('says what is missing, on both sides', () => {
    const inputs = [
      { name: 'x', dtype: 'float32', dims: ['n', 4] },
      { name: 'z', dtype: 'int64', dims: ['n', null] },
    ];
    expect(() => fitDataset(dataset({ a: rows(1) }), inputs)).toThrow(
      expect.objectContaining({
        code: 'DATA',
        hint: 'it has: a float64 [1,1]; the model wants: x float32 [n,4], z int64 [n,?]',
      }),
    );
  });

  it('refuses another batch size than the fixed one', () => {
    const inputs = [{ name: 'x', dtype: 'float32', dims: [4, 1] }];
    expect(() => fitDataset(dataset({ x: rows(1) }), inputs, 2)).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  it('refuses columns of different length', () => {
    expect(() => dataset({ x: rows(1, 2, 3), y: rows(1, 2) })).toThrow(/x 3x1, y 2x1/);
  });
});

describe('casting', () => {
  const tensor = (dtype: string, data: HostTensor['data']): HostTensor => ({
    dtype,
    dims: [data.length],
    data,
  });
  it.each([
    ['float64', Float64Array.of(1, -2), 'int64', BigInt64Array.of(1n, -2n)],
    ['int64', BigInt64Array.of(1n, -2n), 'int32', Int32Array.of(1, -2)],
    ['int64', BigInt64Array.of(2n ** 53n + 1n), 'uint64', BigUint64Array.of(2n ** 53n + 1n)],
    ['uint8', Uint8Array.of(0, 255), 'float32', Float32Array.of(0, 255)],
    ['float32', Float32Array.of(1, -0.5), 'float16', Uint16Array.of(0x3c00, 0xb800)],
    ['float16', Uint16Array.of(0x3c00, 0xb800), 'float32', Float32Array.of(1, -0.5)],
    ['int32', Int32Array.of(0, 1), 'bool', Uint8Array.of(0, 1)],
  ])('%s to another type', (from, data, to, expected) => {
    expect(castTensor(tensor(from, data), to, 'x')).toEqual(tensor(to, expected));
  });

  it.each([
    ['float32', Float32Array.of(0.5), 'int64'],
    ['float32', Float32Array.of(Number.NaN), 'int32'],
    ['int64', BigInt64Array.of(2n ** 40n), 'int32'],
    ['int8', Int8Array.of(-1), 'uint8'],
    ['uint8', Uint8Array.of(2), 'bool'],
    ['float32', Float32Array.of(1), 'string'],
    ['string', ['1'], 'float32'],
  ])('refuses %s %s as %s', (from, data, to) => {
    expect(() => castTensor(tensor(from, data), to, 'x')).toThrow(expect.objectContaining({ code: 'DATA' }));
  });

  it('whole numbers of any size become the same 64-bit integers', () => {
    const sizes = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 2 ** 62, 2 ** 63 - 1024];
    const values = [...sizes, ...sizes.map((size) => -size), -(2 ** 63)];
    const signed = castTensor(tensor('float64', Float64Array.from(values)), 'int64', 'x').data;
    expect([...signed]).toEqual(values.map((value) => BigInt(value)));
    const large = [...sizes, 2 ** 64 - 2048];
    const unsigned = castTensor(tensor('float64', Float64Array.from(large)), 'uint64', 'x').data;
    expect([...unsigned]).toEqual(large.map((value) => BigInt(value)));
    for (const [value, to] of [
      [2 ** 63, 'int64'],
      [2 ** 64, 'uint64'],
      [-1, 'uint64'],
    ] as const)
      expect(() => castTensor(tensor('float64', Float64Array.of(value)), to, 'x')).toThrow(/which is no/);
  });

  it('reads any number as floats', () => {
    expect(asFloats(tensor('int64', BigInt64Array.of(3n)))).toEqual(Float64Array.of(3));
    expect(asFloats(tensor('float16', Uint16Array.of(0x3c00)))).toEqual(Float32Array.of(1));
    expect(asFloats(tensor('string', ['a']))).toBeNull();
  });
});
