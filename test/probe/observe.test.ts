import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import type { Value } from '../../src/ir/value.ts';
import { allNodes } from '../../src/ir/walk.ts';
import { channelMeanProbe } from '../../src/probe/channel-mean.ts';
import { channelAbsMaxProbe } from '../../src/probe/channel-range.ts';
import { gramProbe } from '../../src/probe/gram.ts';
import { histogramProbe } from '../../src/probe/histogram.ts';
import { observe } from '../../src/probe/observe.ts';
import type { Probe } from '../../src/probe/probe.ts';
import { rangeProbe } from '../../src/probe/range.ts';
import { normal } from '../../src/random.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { npyFile, zip } from '../data/zip-writer.ts';
import { Folder } from '../support/folder.ts';
import { parseModel } from '../support/parse.ts';

const folder = new Folder('observe');

/** 70 rows of 3 x 4: batches of the dataset are ragged. */
const ROWS = 70;
const values = Float32Array.from({ length: ROWS * 12 }, normal(7)).map((x) => Math.fround(x + 0.3));

/** A file with the values for one input. */
function dataset(input = 'x', content = values): string {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${ROWS}, 3, 4), }`;
  const data = npyFile(header, new Uint8Array(content.buffer));
  const path = folder.at(`${input}.npz`);
  writeFileSync(path, zip([{ name: `${input}.npy`, data }]));
  return path;
}

async function typed(text: string): Promise<Model> {
  const model = parseModel(text);
  await inferTypes(model);
  return model;
}

function named(model: Model, name: string): Value {
  for (const node of allNodes(model))
    for (const value of [...node.inputs, ...node.outputs]) if (value?.name === name) return value;
  throw new Error(`no ${name}`);
}

async function see<S>(model: Model, value: string, probe: Probe<S>, batch?: number): Promise<S> {
  const tap = { value: named(model, value), probe };
  const seen = await observe(model, [tap], { data: dataset(), ...(batch ? { batch } : {}) }, silentContext());
  expect(seen.rows).toBe(ROWS);
  return seen.get(tap) as S;
}

const PLAIN = 'g (float[n, 3, 4] x) => (float[n, 3, 4] y) { a = Identity (x) y = Relu (a) }';

describe.for([undefined, 1, 7, 64])('batches of %s', (batch) => {
  it('extremes', async () => {
    const model = await typed(PLAIN);
    expect(await see(model, 'a', rangeProbe(), batch)).toMatchObject({
      min: Math.min(...values),
      max: Math.max(...values),
    });
    expect(await see(model, 'x', rangeProbe(true), batch)).toMatchObject({
      min: Math.min(...values),
      max: Math.max(...values),
    });
  });

  it.for([
    [1, 3, 4],
    [2, 4, 1],
  ] as const)('of each channel of axis %i', async ([axis, size, stride]) => {
    const model = await typed(PLAIN);
    const largest = new Float32Array(size);
    const sums = new Float64Array(size);
    for (const [index, value] of values.entries()) {
      const channel = Math.floor(index / stride) % size;
      largest[channel] = Math.max(largest[channel] as number, Math.abs(value));
      sums[channel] = (sums[channel] as number) + value;
    }
    expect(await see(model, 'a', channelAbsMaxProbe(axis, size), batch)).toEqual(largest);
    const { mean, count } = await see(model, 'a', channelMeanProbe(axis, size), batch);
    expect(count).toBe(values.length / size);
    for (const [channel, sum] of sums.entries()) expect(mean[channel]).toBeCloseTo(sum / count, 5);
  });

  it('histogram', async () => {
    const model = await typed(PLAIN);
    const expected = new Float64Array(32);
    for (const value of values) {
      const bin = Math.trunc(Math.min(Math.max(Math.fround(Math.fround(value + 2) * 8), 0), 31));
      expected[bin] = (expected[bin] as number) + 1;
    }
    expect(await see(model, 'a', histogramProbe(-2, 2, 32), batch)).toEqual(expected);
  });

  it('Gram matrix', async () => {
    const model = await typed(PLAIN);
    const expected = new Float64Array(16);
    for (let row = 0; row < values.length; row += 4)
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++)
          expected[i * 4 + j] =
            (expected[i * 4 + j] as number) + (values[row + i] as number) * (values[row + j] as number);
    const { sum, rows } = await see(model, 'a', gramProbe(4), batch);
    expect(rows).toBe(3 * ROWS);
    for (const [index, value] of expected.entries())
      expect(Math.abs((sum[index] as number) - value)).toBeLessThan(1e-3);
  });
});

it.for([9, 11, 13, 15, 17, 20])('opset %i', async (opset) => {
  const model = await typed(`<ir_version: 4, opset_import: ["": ${opset}]> ${PLAIN}`);
  expect((await see(model, 'a', histogramProbe(-2, 2, 32))).reduce((a, b) => a + b)).toBe(values.length);
  expect((await see(model, 'a', channelAbsMaxProbe(2, 4))).length).toBe(4);
  expect((await see(model, 'a', channelMeanProbe(1, 3))).count).toBe(values.length / 3);
  expect((await see(model, 'a', gramProbe(4))).rows).toBe(3 * ROWS);
});

it.for([0, 5, 400, values.length - 1])('NaN as element %i is seen, wherever it stands', async (place) => {
  const content = new Float32Array(values.length).fill(1);
  content[place] = -1;
  const model = await typed('g (float[n, 3, 4] x) => (float[n, 3, 4] y) { y = Sqrt (x) }');
  const tap = { value: named(model, 'y'), probe: rangeProbe() };
  const seen = await observe(model, [tap], { data: dataset('x', content), batch: 7 }, silentContext());
  expect(seen.get(tap)?.nan).toBe(true);
});

describe('bodies of control flow', () => {
  const BRANCHES = `g (float[n, 3, 4] x) => (float[n, 3, 4] y) {
    m = ReduceMean <keepdims = 0> (x)
    z = Constant <value = float {0.0}> ()
    c = Greater (m, z)
    y = If (c) <
      then_branch = t () => (float[n, 3, 4] yt) { a = Mul (x, x) yt = Identity (a) },
      else_branch = e () => (float[n, 3, 4] ye) { b = Neg (x) ye = Identity (b) }
    >
  }`;

  it('only branches that were taken count', async () => {
    const model = await typed(BRANCHES);
    const [then, other] = [Float32Array, Float32Array].map((make, taken) =>
      make.from(
        Array.from({ length: ROWS }, (_, row) => values.subarray(row * 12, row * 12 + 12))
          .filter((row) => row.reduce((a, b) => a + b) > 0 === (taken === 0))
          .flatMap((row) => [...row]),
      ),
    ) as [Float32Array, Float32Array];
    const squares = then.map((x) => Math.fround(x * x));
    expect(await see(model, 'a', rangeProbe(), 1)).toMatchObject({
      min: Math.min(...squares),
      max: Math.max(...squares),
    });
    expect(await see(model, 'b', rangeProbe(), 1)).toMatchObject({
      min: -Math.max(...other),
      max: -Math.min(...other),
    });
    const { count } = await see(model, 'b', channelMeanProbe(1, 3), 1);
    expect(count).toBe(other.length / 3);
  });

  it('a branch nobody takes has no range', async () => {
    const model = await typed(BRANCHES.replace('Greater (m, z)', 'Greater (m, m)'));
    expect(await see(model, 'a', rangeProbe(), 1)).toMatchObject({ min: Infinity, max: -Infinity });
    expect((await see(model, 'a', histogramProbe(0, 1, 4), 1)).every((count) => count === 0)).toBe(true);
  });

  it('turns of a loop are combined', async () => {
    const model = await typed(`g (float[n, 3, 4] x) => (float[n, 3, 4] y) {
      trips = Constant <value = int64 {3}> ()
      on = Constant <value = bool {1}> ()
      y = Loop (trips, on, x) <body = b (int64 i, bool go, float[n, 3, 4] s) => (bool goes, float[n, 3, 4] t) {
        goes = Identity (go)
        t = Add (s, s)
      }>
    }`);
    expect(await see(model, 't', rangeProbe())).toMatchObject({
      min: 8 * Math.min(...values),
      max: 8 * Math.max(...values),
    });
    const { count } = await see(model, 't', channelMeanProbe(1, 3));
    expect(count).toBe(3 * (values.length / 3));
  });
});

it('collects more than one output holds', async () => {
  const chain = Array.from({ length: 200 }, (_, index) => `v${index + 1} = Neg (v${index})`).join(' ');
  const model = await typed(`g (float[n, 3, 4] v0) => (float[n, 3, 4] v200) { ${chain} }`);
  const taps = Array.from({ length: 200 }, (_, index) => ({
    value: named(model, `v${index}`),
    probe: rangeProbe(),
  }));
  const seen = await observe(model, taps, { data: dataset('v0') }, silentContext());
  const [low, high] = [Math.min(...values), Math.max(...values)];
  for (const [index, tap] of taps.entries())
    expect(seen.get(tap)).toMatchObject(
      index % 2 === 0 ? { min: low, max: high } : { min: -high, max: -low },
    );
});
