/** Modules as data: everything that can be iterated, every way to write a tensor, errors of other people's code. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/data/dataset.ts';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { RowStore } from '../../src/data/module/row-store.ts';
import { toTensor } from '../../src/data/module/to-tensor.ts';
import { openDataset, parseDataSpec } from '../../src/data/open.ts';
import { Folder } from '../support/folder.ts';

const folder = new Folder('module');
let count = 0;

function save(code: string, extension = 'mjs'): string {
  const path = folder.at(`data${count++}.${extension}`);
  writeFileSync(path, code);
  return path;
}

async function batches(spec: string, size = 100): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of (await openDataset(parseDataSpec(spec)))?.batches({ size }) ?? [])
    found.push(batch);
  return found;
}

const ROWS =
  'Array.from({ length: 5 }, (_, i) => ({ inputs: { x: new Float32Array([i, i + 1]) }, labels: i % 2 }))';
const expected = [
  { x: { dtype: 'float32', dims: [5, 2], data: Float32Array.of(0, 1, 1, 2, 2, 3, 3, 4, 4, 5) } },
];

describe('a module', () => {
  it.each([
    ['an array', `export default ${ROWS}`, 'mjs'],
    ['a function', `export default async () => ${ROWS}`, 'mjs'],
    ['a generator', `export default function* () { yield* ${ROWS}; }`, 'mjs'],
    ['an asynchronous generator', `export default async function* () { yield* ${ROWS}; }`, 'mjs'],
    ['a generator that runs', `export default (async function* () { yield* ${ROWS}; })()`, 'mjs'],
    ['CommonJS', `module.exports = ${ROWS}`, 'cjs'],
  ])('may export %s, and be read again and again', async (_, code, extension) => {
    const path = save(code, extension);
    for (let round = 0; round < 2; round++) {
      const found = await batches(path);
      expect(found.map(({ inputs }) => inputs)).toEqual(expected);
      expect(found[0]?.labels).toEqual({
        dtype: 'int64',
        dims: [5],
        data: BigInt64Array.of(0n, 1n, 0n, 1n, 0n),
      });
    }
  });

  it('may yield batches', async () => {
    const path = save(`export default [
      { rows: 2, inputs: { x: { data: [1, 2, 3, 4], dims: [2, 2] } }, labels: [0.5, 1] },
      { rows: 1, inputs: { x: [[5, 6]] }, labels: [2] }]`);
    const [batch] = await batches(path);
    expect(batch?.inputs['x']).toEqual({
      dtype: 'float64',
      dims: [3, 2],
      data: Float64Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(Array.from(batch?.labels?.data as Float64Array)).toEqual([0.5, 1, 2]);
  });

  it('is stopped where nobody looks any more, and may clean up', async () => {
    const path = save(`export default function* () {
      try { for (let i = 0; ; i++) yield { inputs: { x: [i] } }; } finally { globalThis.cleaned = true; }
    }`);
    const [batch] = await batches(`${path}?skip=2&limit=3`);
    expect(batch?.inputs['x']?.data).toEqual(Float64Array.of(2, 3, 4));
    expect(Reflect.get(globalThis, 'cleaned')).toBe(true);
  });

  it('may have rows of different sizes, and values without names', async () => {
    const [batch] = await batches(save('export default [[1n, 2n, 3n], [4n]]'));
    expect(batch?.inputs['']).toEqual({
      dtype: 'int64',
      dims: [2, 3],
      data: BigInt64Array.of(1n, 2n, 3n, 4n, 0n, 0n),
    });
  });

  it.each([
    ['export default [', /mjs: /],
    ['export const rows = []', /has no default export/],
    ['export default 5', /cannot be iterated/],
    ['export default []', /has no rows/],
    ["import 'no-such-package'; export default []", /no-such-package/],
    ["throw new TypeError('at home')", /TypeError: at home/],
    [
      `export default function* () { yield [1]; throw new RangeError('row two'); }`,
      /mjs, row 1: RangeError: row two/,
    ],
    ["export default [{ inputs: { x: [1, 'a'] } }]", /row 0: "x": it holds a value of type string/],
    ['export default [{ inputs: { x: [[1], [1, 2]] } }]', /row 0: "x": its lists have different lengths/],
    [
      'export default [{ inputs: { x: { data: [1], dims: [2] } } }]',
      /"x": its dims \[2\] want 2 values, it has 1/,
    ],
    ['export default [{ inputs: { x: [1] } }, { inputs: { y: [1] } }]', /row 1: "y" was not there before/],
    ['export default [{ inputs: { x: [1], y: 1 } }, { inputs: { x: [1] } }]', /row 1: "y" is missing/],
    ['export default [{ inputs: { x: [1] } }, { inputs: { x: 1 } }]', /row 1: "x" is float64 \[\], before/],
    ['export default [{ rows: 3, inputs: { x: [1] } }]', /"x" is \[1\], a batch of 3 rows was told/],
  ])('%s is refused in one line', async (code, message) => {
    const path = save(code);
    const error = await batches(path).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'DATA', exitCode: 2, message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain('\n');
  });
});

describe('a tensor', () => {
  it.each([
    [5, 'float64', [], [5]],
    [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      'float64',
      [3, 2],
      [1, 2, 3, 4, 5, 6],
    ],
    [[new Float32Array([1, 2]), new Float32Array([3, 4])], 'float64', [2, 2], [1, 2, 3, 4]],
    [new Int8Array([1, 2]), 'int8', [2], [1, 2]],
    [[true, false], 'bool', [2], [1, 0]],
    [{ data: new Uint16Array([15360]), dims: [1, 1], type: 'float16' }, 'float16', [1, 1], [15360]],
    ['text', 'string', [], ['text']],
  ])('%j is %s %j', (value, dtype, dims, data) => {
    const { tensor } = toTensor(value);
    expect({ ...tensor, data: Array.from(tensor.data as ArrayLike<unknown>) }).toEqual({ dtype, dims, data });
  });
});

describe('many rows', () => {
  it('come back the same from memory and from the file that takes the rest', () => {
    const store = new RowStore(20);
    const row = (i: number): Record<string, HostTensor> => ({
      x: { dtype: 'float32', dims: [2], data: Float32Array.of(i, -i) },
      y: { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(i)) },
      text: { dtype: 'string', dims: [1], data: [`${i}`] },
    });
    for (let i = 0; i < 10; i++) store.add(row(i));
    for (const i of [9, 0, 5, 1])
      expect(Object.fromEntries(['x', 'y', 'text'].map((name) => [name, store.get(i, name)]))).toEqual(
        row(i),
      );
  });
});
