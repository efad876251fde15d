import { describe, expect, it } from 'vitest';
import { actOrder, feedbackOf, gptq } from '../../src/numeric/gptq.ts';
import { hessianOf } from '../../src/numeric/hessian.ts';
import { type LayerBits, type LayerGrid, nearestLayer, type RoundedLayer } from '../../src/numeric/layer.ts';
import { plainEngine } from '../../src/numeric/matrix-engine.ts';
import { dequantized, inverse, outputError, testLayer } from './layer-support.ts';

/**
 * GPTQ as the paper derives it (section 3, equations 2 and 3): round one input, spread its error over all inputs left
 * by the inverse Hessian of those, eliminate it from that inverse. Scales and zero points are taken as given.
 */
function paperCodes(
  weight: Float32Array,
  hessian: Float64Array,
  layer: RoundedLayer,
  grid: LayerGrid,
  order: Int32Array,
): Uint8Array {
  const { inputs, outputs, bits, blockSize } = grid;
  const w = Array.from({ length: inputs }, (_, k) =>
    Array.from(weight.subarray(k * outputs, (k + 1) * outputs)),
  );
  const inverted = inverse(hessian, inputs);
  const codes = new Uint8Array(inputs * outputs);
  for (const q of order) {
    const row = inverted[q] as number[];
    const pivot = row[q] as number;
    for (let n = 0; n < outputs; n++) {
      const block = Math.floor(q / blockSize) * outputs + n;
      const [scale, zero] = [layer.scales[block] as number, layer.zeroPoints[block] as number];
      const value = w[q]?.[n] as number;
      const code = Math.min(Math.max(Math.round(value / scale) + zero, 0), (1 << bits) - 1);
      codes[q * outputs + n] = code;
      const error = (value - (code - zero) * scale) / pivot;
      for (let k = 0; k < inputs; k++)
        (w[k] as number[])[n] = (w[k]?.[n] as number) - error * (row[k] as number);
    }
    for (let i = 0; i < inputs; i++) {
      if (i === q) continue;
      const factor = (inverted[i]?.[q] as number) / pivot;
      for (let j = 0; j < inputs; j++)
        (inverted[i] as number[])[j] = (inverted[i]?.[j] as number) - factor * (row[j] as number);
    }
    for (let j = 0; j < inputs; j++) (inverted[j] as number[])[q] = 0;
    row.fill(0);
  }
  return codes;
}

const CASES = ([2, 3, 4, 8] as const).flatMap((bits: LayerBits) =>
  [true, false].flatMap((symmetric) => [64, 150, 300].map((inputs) => ({ bits, symmetric, inputs }))),
);

describe.each(CASES)('$inputs inputs, $bits bits, symmetric $symmetric', ({ bits, symmetric, inputs }) => {
  const test = testLayer(inputs, 6, 4 * inputs, bits + inputs);
  const grid = { inputs, outputs: 6, bits, blockSize: 32, symmetric };
  const hessian = hessianOf({ sum: test.gram, rows: test.rows.length }, inputs)?.values as Float64Array;

  it('has the codes of the paper for its scales', async () => {
    const order = actOrder(hessian, grid);
    const layer = (await gptq(test.weight, hessian, grid, plainEngine)) as RoundedLayer;
    const expected = paperCodes(test.weight, hessian, layer, grid, order);
    // Single precision may decide a tie the other way, and what follows with it.
    const different = layer.codes.filter((code, i) => code !== expected[i]).length;
    expect(different / expected.length).toBeLessThan(0.01);
  });

  it('has an error far below nearest', async () => {
    const layer = (await gptq(test.weight, hessian, grid, plainEngine)) as RoundedLayer;
    const ratio = outputError(test, layer, grid) / outputError(test, nearestLayer(test.weight, grid), grid);
    expect(ratio).toBeLessThan(0.35);
  });
});

it('feedback is what the Cholesky factor of the inverse Hessian says', async () => {
  const size = 12;
  const { gram } = testLayer(size, 1, 40, 5);
  const feedback = await feedbackOf(
    gram,
    Int32Array.from({ length: size }, (_, i) => i),
    plainEngine,
  );
  // With one error made at place j and no rounding after it, H^-1 says what all later places should become.
  const inverted = inverse(gram, size);
  const targets = new Float64Array(size);
  targets[0] = 1;
  for (let i = 1; i < size; i++) {
    let debt = 0;
    // Later inputs take their target exactly, so their error is minus what was added.
    for (let j = 0; j < i; j++)
      debt += (feedback?.factors[i * size + j] as number) * (j === 0 ? 1 : -(targets[j] as number));
    targets[i] = debt;
  }
  const column = inverted.map((row) => row[0] as number);
  for (let i = 1; i < size; i++)
    expect(targets[i]).toBeCloseTo(-(column[i] as number) / (column[0] as number), 3);
});

it('orders blocks, and inputs within them, by how large they are', () => {
  const grid: LayerGrid = { inputs: 40, outputs: 1, bits: 4, blockSize: 16, symmetric: false };
  const hessian = new Float64Array(1600);
  for (let i = 0; i < 40; i++) hessian[i * 40 + i] = ((i * 7) % 16) + (i < 16 ? 0 : i < 32 ? 100 : 50);
  const order = [...actOrder(hessian, grid)];
  expect(order.map((k) => Math.floor(k / 16))).toEqual([
    ...Array<number>(16).fill(1),
    ...Array<number>(8).fill(2),
    ...Array<number>(16).fill(0),
  ]);
  const sizes = order.map((k) => hessian[k * 41] as number);
  for (const at of [1, 15, 17, 23, 25, 39]) expect(sizes[at]).toBeLessThanOrEqual(sizes[at - 1] as number);
});

it('rounds inputs that never were other than zero to nearest, and nothing else by them', async () => {
  const test = testLayer(64, 4, 200, 9);
  const dead = [3, 40, 41];
  for (const k of dead)
    for (let j = 0; j < 64; j++) {
      test.gram[k * 64 + j] = 0;
      test.gram[j * 64 + k] = 0;
    }
  const grid: LayerGrid = { inputs: 64, outputs: 4, bits: 4, blockSize: 32, symmetric: false };
  const hessian = hessianOf({ sum: test.gram, rows: 200 }, 64)?.values as Float64Array;
  const layer = (await gptq(test.weight, hessian, grid, plainEngine)) as RoundedLayer;
  for (const k of dead)
    for (let n = 0; n < 4; n++) {
      const scale = Math.abs(layer.scales[Math.floor(k / 32) * 4 + n] as number);
      const range = [0, 15].map(
        (code) => (code - (layer.zeroPoints[Math.floor(k / 32) * 4 + n] as number)) * scale,
      ) as [number, number];
      const wanted = Math.min(Math.max(test.weight[k * 4 + n] as number, range[0]), range[1]);
      expect(Math.abs(dequantized(layer, grid, k, n) - wanted)).toBeLessThanOrEqual(scale * 0.5001);
    }
});
