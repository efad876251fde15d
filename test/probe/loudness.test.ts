/** Loudness of rows: the graph counts what values at hand count, and the spread is largest over median. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/ir/value.ts';
import { allNodes } from '../../src/ir/walk.ts';
import { LOUDNESS_BINS, loudnessSpread } from '../../src/numeric/loudness.ts';
import { countRows, loudnessProbe } from '../../src/probe/loudness.ts';
import { observe } from '../../src/probe/observe.ts';
import { normal } from '../../src/random.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { parseModel } from '../support/parse.ts';

const folder = new Folder('loudness');
const [ROWS, WIDTH] = [75, 12];
const next = normal(4);
/** Row i is 2^(i % 9) loud; every tenth is silent. */
const VALUES = Float32Array.from({ length: ROWS * WIDTH }, (_, at) => {
  const row = Math.floor(at / WIDTH);
  return row % 10 === 9 ? 0 : next() * 2 ** (row % 9);
});

async function observed(text: string, name: string): Promise<Float64Array | undefined> {
  const model = parseModel(text);
  await inferTypes(model);
  const values = [...allNodes(model)].flatMap((node) => node.outputs);
  const tap = { value: values.find((value) => value?.name === name) as Value, probe: loudnessProbe() };
  const data = folder.at('x.npz');
  writeFileSync(data, npz({ x: { dtype: 'float32', dims: [ROWS, WIDTH], data: VALUES } }));
  return (await observe(model, [tap], { data }, silentContext({ threads: 1 }))).get(tap);
}

function expected(values = VALUES, rows = ROWS): Float64Array {
  const counts = new Float64Array(LOUDNESS_BINS);
  countRows(counts, values, rows, rows);
  return counts;
}

describe('the probe counts rows', () => {
  it.for(['n', '1'])('of batches of %s', async (dim) => {
    const found = await observed(
      `g (float[${dim},12] x) => (float[${dim},12] y) { a = Neg(x) y = Relu(a) }`,
      'a',
    );
    expect(found).toEqual(expected());
  });

  it('where other axes were joined with that of the batch', async () => {
    const found = await observed(
      `g (float[n,12] x) => (float[m,3] y) <int64[2] s = {-1, 3}> { a = Reshape(x, s) y = Relu(a) }`,
      'a',
    );
    expect(found).toEqual(expected());
  });

  it('in bodies of control flow', async () => {
    const found = await observed(
      `g (float[n,12] x) => (float[n,12] y) <bool c = {1}> { t = Neg(x) y = If(c) <
        then_branch = a () => (float[n,12] s) { i = Abs(t) s = Relu(i) },
        else_branch = b () => (float[n,12] u) { u = Neg(t) }> }`,
      'i',
    );
    expect(found).toEqual(expected());
  });
});

it('the spread is the largest over the median row, silence left out, to a fifth', () => {
  for (const loud of [1, 3, 8, 40, 1000]) {
    const rows = Float32Array.from({ length: 60 }, (_, row) => (row < 20 ? 0 : row === 30 ? loud : 1));
    const spread = loudnessSpread(expected(rows, 60));
    expect(Math.abs(Math.log2(spread / loud))).toBeLessThanOrEqual(0.26);
  }
  expect(loudnessSpread(new Float64Array(LOUDNESS_BINS))).toBe(1);
});
