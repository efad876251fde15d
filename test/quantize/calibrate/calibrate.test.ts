/** Ranges over many batches: every batch counts in every method, and methods differ as their definitions do. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../src/quantize/calibrate/calibrate.ts';
import type { CalibrationMethod } from '../../../src/quantize/calibrate/request.ts';
import { normal } from '../../../src/random.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { silentContext } from '../../../src/step.ts';
import { Folder } from '../../support/folder.ts';
import { npz } from '../../support/npz.ts';
import { parseModel } from '../../support/parse.ts';

const folder = new Folder('calibrate');
/** The model takes four rows at a time. */
const [BATCHES, ROWS, WIDTH] = [12, 4, 50];
const SIZE = ROWS * WIDTH;

/** Ordinary values, and one far larger one of each sign in the batch `at`. */
function rowsWith(at: number): Float32Array {
  const next = normal(1);
  const values = Float32Array.from({ length: BATCHES * SIZE }, next);
  values[at * SIZE + 17] = 12;
  values[at * SIZE + 60] = -9;
  return values;
}

async function rangeOf(values: Float32Array, method: CalibrationMethod) {
  const model = parseModel('g (float[4, 50] x) => (float[4, 50] y) { a = Identity (x) y = Relu (a) }');
  await inferTypes(model);
  const value = model.graph.nodes[0]?.output();
  if (!value) throw new Error('the model has no first value');
  const data = folder.at('rows.npz');
  writeFileSync(data, npz({ x: { dtype: 'float32', dims: [BATCHES * ROWS, WIDTH], data: values } }));
  const request = {
    values: [value],
    method,
    spec: { type: 'uint8', symmetric: false },
    data,
    samples: BATCHES * ROWS,
    percentile: 99.9,
  } as const;
  const { ranges, rows } = await calibrate(model, request, silentContext({ threads: 1 }));
  expect(rows).toBe(BATCHES * ROWS);
  const found = ranges.get('a');
  if (!found) throw new Error('the value has no range');
  return found;
}

describe.for([0, 5, BATCHES - 1])('extremes in batch %i', (at) => {
  const values = rowsWith(at);

  it('minmax has them', async () => {
    expect(await rangeOf(values, 'minmax')).toMatchObject({ min: -9, max: 12 });
  });

  it('moving-average is the mean over batches of their extremes, by loops', async () => {
    let [low, high] = [0, 0];
    for (let batch = 0; batch < BATCHES; batch++) {
      const own = values.subarray(batch * SIZE, (batch + 1) * SIZE);
      low += Math.min(...own) / BATCHES;
      high += Math.max(...own) / BATCHES;
    }
    const { min, max } = await rangeOf(values, 'moving-average');
    expect(min).toBeCloseTo(low, 5);
    expect(max).toBeCloseTo(high, 5);
  });

  it('percentile keeps its share of all values, by sorting them', async () => {
    const sorted = values.slice().sort();
    const cut = Math.floor(0.001 * sorted.length);
    const { min, max } = await rangeOf(values, 'percentile');
    const bin = 21 / 2048;
    expect(min).toBeGreaterThan((sorted[0] as number) + bin);
    expect(max).toBeLessThan((sorted.at(-1) as number) - bin);
    const outside = values.filter((value) => value < min - bin || value > max + bin).length;
    expect(outside).toBeLessThanOrEqual(cut);
  });

  it('entropy cuts them off: it is not minmax', async () => {
    const { min, max } = await rangeOf(values, 'entropy');
    for (const reach of [-min, max]) {
      expect(reach).toBeGreaterThan(1.5);
      expect(reach).toBeLessThan(6);
    }
  });
});

it.each(['minmax', 'moving-average', 'percentile', 'entropy', 'mse'] as const)(
  '%s does not depend on the order of the batches',
  async (method) => {
    const [first, last] = [
      await rangeOf(rowsWith(0), method),
      await rangeOf(rotated(rowsWith(0), 1), method),
    ];
    // Bins that grow with the values lie elsewhere when the large ones come last; a threshold is where a bin is empty.
    const bin = ({ percentile: 0.1, mse: 0.1, entropy: 1 } as Record<string, number>)[method] ?? 1e-5;
    expect(Math.abs(first.min - last.min)).toBeLessThan(bin);
    expect(Math.abs(first.max - last.max)).toBeLessThan(bin);
  },
);

/** The batches, the first ones last. */
function rotated(values: Float32Array, batches: number): Float32Array {
  const result = new Float32Array(values.length);
  result.set(values.subarray(batches * SIZE), 0);
  result.set(values.subarray(0, batches * SIZE), values.length - batches * SIZE);
  return result;
}
