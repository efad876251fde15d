import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import type { Value } from '../../src/ir/value.ts';
import { allNodes } from '../../src/ir/walk.ts';
import { total } from '../../src/numeric/histogram.ts';
import { countDistributions } from '../../src/probe/count.ts';
import { normal } from '../../src/random.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { npyFile, zip } from '../data/zip-writer.ts';
import { Folder } from '../support/folder.ts';
import { parseModel } from '../support/parse.ts';

const folder = new Folder('count');
/** Later rows are larger: ranges grow after the first batch. */
const ROWS = 150;
const bell = normal(9);
const VALUES = Float32Array.from({ length: ROWS * 12 }, (_, i) => bell() * (1 + i / 300));

function dataset(values: Float32Array): string {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length / 12}, 3, 4), }`;
  const path = folder.at('x.npz');
  writeFileSync(path, zip([{ name: 'x.npy', data: npyFile(header, new Uint8Array(values.buffer)) }]));
  return path;
}

async function count(text: string, names: readonly string[], values = VALUES, samples?: number) {
  const model: Model = parseModel(text);
  await inferTypes(model);
  const all = [...allNodes(model)].flatMap((node) => [...node.inputs, ...node.outputs]);
  const wanted = names.map((name) => all.find((value) => value?.name === name) as Value);
  const options = { data: dataset(values), ...(samples === undefined ? {} : { samples }) };
  const { seen, rows } = await countDistributions(model, wanted, 64, options, silentContext());
  return { rows, found: new Map([...seen].map(([value, distribution]) => [value.name, distribution])) };
}

describe.for([
  ['as many rows as one likes', 'n'],
  ['one row', '1'],
  ['seven rows, the last batch filled up', '7'],
] as const)('%s', ([, dim]) => {
  const MODEL = `g (float[${dim}, 3, 4] x) => (float[${dim}, 3, 4] y) { a = Neg (x) y = Relu (a) }`;

  it('extremes and counts of inputs, inner values and outputs', async () => {
    const { rows, found } = await count(MODEL, ['x', 'a', 'y']);
    expect(rows).toBe(ROWS);
    const filledUp = dim === '7' ? 7 * Math.ceil(ROWS / 7) : ROWS;
    for (const [name, change] of [
      ['x', (x: number) => x],
      ['a', (x: number) => -x],
      ['y', (x: number) => Math.max(0, -x)],
    ] as const) {
      const expected = VALUES.map(change);
      const { min, max, nan, histogram } = found.get(name) ?? { min: 0, max: 0, nan: true };
      expect([min, max, nan]).toEqual([Math.min(...expected), Math.max(...expected), false]);
      expect([histogram?.low, histogram?.high]).toEqual([min, max]);
      expect(histogram && total(histogram)).toBeCloseTo(12 * filledUp, 3);
    }
  });

  it('no more rows than asked for', async () => {
    const { rows, found } = await count(MODEL, ['a'], VALUES, 21);
    expect(rows).toBe(21);
    expect(found.get('a')?.max).toBe(-Math.min(...VALUES.subarray(0, 21 * 12)));
  });
});

it('NaN and infinities are told', async () => {
  const model = 'g (float[n, 3, 4] x) => (float[n, 3, 4] y) { a = Sqrt (x) y = Log (x) }';
  const values = new Float32Array(1200).fill(1);
  values[700] = -1;
  expect((await count(model, ['a'], values)).found.get('a')?.nan).toBe(true);
  values[700] = 0;
  const { found } = await count(model, ['a', 'y'], values);
  expect(found.get('a')?.nan).toBe(false);
  expect(found.get('y')?.min).toBe(-Infinity);
});

it('bodies of control flow', async () => {
  const { rows, found } = await count(
    `g (float[n, 3, 4] x) => (float[n, 3, 4] y) {
      trips = Constant <value = int64 {3}> ()
      on = Constant <value = bool {1}> ()
      a = Neg (x)
      y = Loop (trips, on, a) <body = b (int64 i, bool go, float[n, 3, 4] s) => (bool goes, float[n, 3, 4] t) {
        goes = Identity (go)
        t = Add (s, s)
      }>
    }`,
    ['a', 't'],
  );
  expect(rows).toBe(ROWS);
  const { min, max, histogram } = found.get('t') ?? { min: 0, max: 0 };
  expect([min, max]).toEqual([-8 * Math.max(...VALUES), -8 * Math.min(...VALUES)]);
  expect(histogram && total(histogram)).toBe(3 * VALUES.length);
  expect(found.get('a')?.max).toBe(-Math.min(...VALUES));
});
