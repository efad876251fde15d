import { describe, expect, it } from 'vitest';
import { clippedLayer, inputFactors } from '../../src/numeric/awq.ts';
import {
  type LayerBits,
  type LayerGrid,
  layerErrors,
  nearestLayer,
  type RoundedLayer,
} from '../../src/numeric/layer.ts';
import { testLayer } from './layer-support.ts';

/** What a block adds to the squared output error of one output, from the inputs themselves. */
function blockError(
  rows: readonly (readonly number[])[],
  errors: Float32Array,
  { outputs, blockSize, inputs }: LayerGrid,
  block: number,
  n: number,
): number {
  const last = Math.min((block + 1) * blockSize, inputs);
  return rows.reduce((sum, row) => {
    let off = 0;
    for (let k = block * blockSize; k < last; k++)
      off += (row[k] as number) * (errors[k * outputs + n] as number);
    return sum + off * off;
  }, 0);
}

/** Clipping as the paper's code searches it: the range shrunk in steps, rounded to nearest, the least error kept. */
function paperError(test: ReturnType<typeof testLayer>, grid: LayerGrid, block: number, n: number): number {
  const { bits, blockSize, inputs, outputs, symmetric } = grid;
  const top = (1 << bits) - 1;
  const own = Array.from(
    { length: Math.min(blockSize, inputs - block * blockSize) },
    (_, i) => block * blockSize + i,
  );
  const values = own.map((k) => test.weight[k * outputs + n] as number);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const middle = 1 << (bits - 1);
  const whole = symmetric ? (high > -low ? high : low) / -middle : (high - low) / top;
  const zero = symmetric ? middle : Math.min(Math.round(-low / whole), top);
  let least = Infinity;
  for (let step = 0; step < 10; step++) {
    const scale = Math.fround(whole * (1 - step / 20));
    const errors = new Float32Array(inputs * outputs);
    for (const k of own) {
      const weight = test.weight[k * outputs + n] as number;
      const code = Math.min(Math.max(Math.round(weight / scale) + zero, 0), top);
      errors[k * outputs + n] = weight - (code - zero) * scale;
    }
    least = Math.min(least, blockError(test.rows, errors, grid, block, n));
  }
  return least;
}

const CASES = ([2, 3, 4] as const).flatMap((bits: LayerBits) =>
  [true, false].map((symmetric) => ({ bits, symmetric })),
);

describe.each(CASES)('$bits bits, symmetric $symmetric', ({ bits, symmetric }) => {
  const test = testLayer(72, 4, 100, bits);
  const grid: LayerGrid = { inputs: 72, outputs: 4, bits, blockSize: 32, symmetric };
  const errorsOf = (layer: RoundedLayer) => layerErrors(test.weight, layer, grid);
  const found = errorsOf(clippedLayer(test.weight, test.gram, grid));
  const nearest = errorsOf(nearestLayer(test.weight, grid));

  it('has the least error of all clippings in each block, and so never more than nearest', () => {
    for (let block = 0; block < 3; block++)
      for (let n = 0; n < 4; n++) {
        const own = blockError(test.rows, found, grid, block, n);
        expect(own / paperError(test, grid, block, n)).toBeCloseTo(1, 3);
        expect(own).toBeLessThanOrEqual(blockError(test.rows, nearest, grid, block, n) * 1.001);
      }
  });
});

it('factors grow with the size of inputs, the middle of them being 1', () => {
  const hessian = Float64Array.from([16, 0, 0, 0, 4, 0, 0, 0, 1]);
  expect([...inputFactors(hessian, 3, 1)]).toEqual([2, 1, 0.5]);
  expect([...inputFactors(hessian, 3, 0)]).toEqual([1, 1, 1]);
  expect([...inputFactors(hessian, 3, 0.5)][0]).toBeCloseTo(Math.SQRT2);
});
