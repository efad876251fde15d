/** ONNX's own test data: found in folders, paired by name or position, run as it is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Batch, Dataset } from '../../src/data/dataset.ts';
import { fitDataset } from '../../src/data/fit.ts';
import { openDataset, parseDataSpec } from '../../src/data/open.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { encode } from '../../src/onnx/encode.ts';
import { tensorTable } from '../../src/onnx/schema.ts';
import { tensorToProto } from '../../src/onnx/to-proto.ts';
import { Folder } from '../support/folder.ts';

const folder = new Folder('pb');

const floats = (dims: readonly number[], ...values: number[]) =>
  Tensor.of('float32', dims, Float32Array.from(values));

function save(set: string, file: string, tensor: Tensor, name?: string): void {
  mkdirSync(folder.at(set), { recursive: true });
  const { parts } = encode(tensorTable, { ...tensorToProto(tensor), ...(name && { name }) });
  writeFileSync(
    `${folder.at(set)}/${file}`,
    Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : part.read()))),
  );
}

async function open(spec: string): Promise<Dataset> {
  const dataset = await openDataset(parseDataSpec(spec));
  if (!dataset) throw new Error('synthetic');
  return dataset;
}

async function all(dataset: Dataset, size: number): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of dataset.batches({ size })) found.push(batch);
  return found;
}

// Two inputs, one of them a scalar; the batch is 2 in one set and 3 in another.
for (const [set, rows] of [
  ['named/test_data_set_2', 2],
  ['named/test_data_set_10', 3],
] as const) {
  save(set, 'input_0.pb', floats([rows, 2], ...Array.from({ length: rows * 2 }, (_, i) => i + rows)), 'x');
  save(set, 'input_1.pb', Tensor.scalar(rows), 'scale');
  save(set, 'output_0.pb', floats([rows, 1], ...Array.from({ length: rows }, (_, i) => i)), 'y');
}
const inputs = [
  { name: 'scale', dtype: 'float32', dims: [] },
  { name: 'x', dtype: 'float32', dims: ['n', 2] },
];

describe('folders of test data', () => {
  it('give one run each, in the order of their numbers, with no axis added', async () => {
    for (const spec of [
      folder.at('named'),
      `${folder.at('named')}/test_data_set_*/`,
      `pb:${folder.at('named')}/`,
    ]) {
      const dataset = await open(spec);
      const fit = fitDataset(dataset, inputs);
      expect([fit.batchSize, fit.padded]).toEqual([1, false]);
      const feeds = (await all(fit.dataset, fit.batchSize)).map((batch) => fit.feeds(batch));
      expect(feeds).toEqual([
        {
          scale: { dtype: 'float32', dims: [], data: Float32Array.of(2) },
          x: { dtype: 'float32', dims: [2, 2], data: Float32Array.of(2, 3, 4, 5) },
        },
        {
          scale: { dtype: 'float32', dims: [], data: Float32Array.of(3) },
          x: { dtype: 'float32', dims: [3, 2], data: Float32Array.of(3, 4, 5, 6, 7, 8) },
        },
      ]);
    }
  });

  it('give outputs as labels where they are asked for, in the shape of the output', async () => {
    expect((await open(folder.at('named'))).hasLabels).toBe(false);
    const [first] = await all(await open(`${folder.at('named')}?labels=0`), 1);
    expect(first?.labels).toEqual({ dtype: 'float32', dims: [2, 1], data: Float32Array.of(0, 1) });
  });

  it('may be one set, and have no names: then the order decides', async () => {
    save('bare', 'input_0.pb', Tensor.ints([5, 6]));
    save('bare', 'input_1.pb', Tensor.ints([7, 8]));
    const fit = fitDataset(await open(folder.at('bare')), [
      { name: 'b', dtype: 'int64', dims: [2] },
      { name: 'a', dtype: 'int64', dims: ['n'] },
    ]);
    const [batch] = await all(fit.dataset, 1);
    expect(fit.feeds(batch as Batch)).toMatchObject({
      b: { dims: [2], data: BigInt64Array.of(5n, 6n) },
      a: { dims: [2], data: BigInt64Array.of(7n, 8n) },
    });
  });

  it('must fit the model', async () => {
    const dataset = await open(folder.at('named'));
    expect(() => fitDataset(dataset, [{ name: 'x', dtype: 'float32', dims: ['n', 7] }])).toThrow(
      /another shape/,
    );
  });
});

describe('broken test data', () => {
  const cases: readonly (readonly [string, () => void, RegExp])[] = [
    ['nothing', () => mkdirSync(folder.at('nothing')), /cannot tell|no folder of/],
    [
      'noise',
      () => {
        mkdirSync(folder.at('noise'));
        writeFileSync(`${folder.at('noise')}/input_0.pb`, Buffer.from([255, 1, 2, 3]));
      },
      /cannot read .*input_0\.pb: /,
    ],
    [
      'counts',
      () => {
        save('counts/a', 'input_0.pb', Tensor.scalar(1));
        save('counts/b', 'input_0.pb', Tensor.scalar(1));
        save('counts/b', 'input_1.pb', Tensor.scalar(1));
      },
      /b has 2 inputs, the first one 1/,
    ],
    [
      'types',
      () => {
        save('types/a', 'input_0.pb', Tensor.scalar(1));
        save('types/b', 'input_0.pb', Tensor.ints([1]));
      },
      /b has another kind of input_0\.pb/,
    ],
  ];
  it.each(cases)('(%s) is refused in one line', async (name, make, message) => {
    make();
    await expect(open(`pb:${folder.at(name)}`)).rejects.toThrow(message);
  });
});
