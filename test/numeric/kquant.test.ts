import { describe, expect, it } from 'vitest';
import { kquant } from '../../src/numeric/kquant.ts';
import { type LayerBits, type LayerGrid, nearestLayer, type RoundedLayer } from '../../src/numeric/layer.ts';
import { normal, uniform } from '../../src/random.ts';
import { dequantized } from './layer-support.ts';

const INPUTS = 75;
const OUTPUTS = 20;

/** Columns bell-shaped, heavy-tailed, one-sided, constant, zero, tiny. */
function weights(seed: number): Float32Array {
  const next = normal(seed);
  const kinds = [
    () => next(),
    () => next() ** 3,
    () => Math.abs(next()) + 1,
    () => 0.3,
    () => 0,
    () => 1e-30 * next(),
  ];
  return Float32Array.from({ length: INPUTS * OUTPUTS }, (_, i) => (kinds[(i % OUTPUTS) % 6] ?? next)());
}

/** Errors count by size where no importance is given: root mean square of the block plus the weight (ggml). */
function sizeOf(weight: Float32Array, grid: LayerGrid, k: number, n: number): number {
  const first = k - (k % grid.blockSize);
  const block = Array.from({ length: Math.min(grid.blockSize, INPUTS - first) }, (_, i) => {
    return weight[(first + i) * OUTPUTS + n] as number;
  });
  const mean = block.reduce((sum, w) => sum + w * w, 0) / block.length;
  return Math.sqrt(mean) + Math.abs(weight[k * OUTPUTS + n] as number);
}

/** Weighted squared error of each block of each output. */
function blockErrors(
  weight: Float32Array,
  layer: RoundedLayer,
  grid: LayerGrid,
  importance: ArrayLike<number> | null,
): number[] {
  const blocks = Math.ceil(INPUTS / grid.blockSize);
  const errors = new Array<number>(blocks * OUTPUTS).fill(0);
  for (let k = 0; k < INPUTS; k++)
    for (let n = 0; n < OUTPUTS; n++) {
      const at = Math.floor(k / grid.blockSize) * OUTPUTS + n;
      const error = (weight[k * OUTPUTS + n] as number) - dequantized(layer, grid, k, n);
      errors[at] = (errors[at] as number) + (importance?.[k] ?? sizeOf(weight, grid, k, n)) * error * error;
    }
  return errors;
}

/** The least error of a block over a fine grid of all scales and zero points, each weight at its nearest code. */
function exhaustive(weight: readonly number[], importance: readonly number[], bits: number): number {
  const top = (1 << bits) - 1;
  const reach = Math.max(...weight, 0) - Math.min(...weight, 0);
  let least = Infinity;
  for (let zero = 0; zero <= top; zero++)
    for (let step = 1; step <= 400; step++) {
      const scale = (1.2 * reach * step) / 400 / top;
      const error = weight.reduce((sum, w, i) => {
        const code = Math.min(Math.max(Math.round(w / scale) + zero, 0), top);
        return sum + (importance[i] as number) * (w - (code - zero) * scale) ** 2;
      }, 0);
      least = Math.min(least, error);
    }
  return least;
}

const CASES = ([2, 3, 4, 8] as const).flatMap((bits: LayerBits) =>
  [true, false].flatMap((symmetric) => [true, false].map((weighted) => ({ bits, symmetric, weighted }))),
);

describe.each(CASES)(
  '$bits bits, symmetric $symmetric, weighted $weighted',
  ({ bits, symmetric, weighted }) => {
    const weight = weights(bits);
    const random = uniform(7);
    const importance = weighted ? Array.from({ length: INPUTS }, () => random() ** 4) : null;
    const grid: LayerGrid = { inputs: INPUTS, outputs: OUTPUTS, bits, blockSize: 32, symmetric };
    const found = kquant(weight, grid, importance ?? undefined);

    it('is never worse than nearest in any block', () => {
      const own = blockErrors(weight, found, grid, importance);
      const nearest = blockErrors(weight, nearestLayer(weight, grid), grid, importance);
      // Nearest rounds in single precision, the search in double: ties may fall either way.
      expect(own.filter((error, i) => error > (nearest[i] as number) * 1.0001)).toEqual([]);
    });

    it('stays in the grid', () => {
      const top = (1 << bits) - 1;
      expect(Math.max(...found.codes)).toBeLessThanOrEqual(top);
      if (symmetric) expect(new Set(found.zeroPoints)).toEqual(new Set([1 << (bits - 1)]));
      expect(found.scales.every(Number.isFinite)).toBe(true);
    });
  },
);

it.each([2, 3, 4] as const)('comes near to an exhaustive search at %i bits', (bits) => {
  const next = normal(bits);
  const random = uniform(bits);
  let [own, best, plain] = [0, 0, 0];
  for (let turn = 0; turn < 20; turn++) {
    const weight = Float32Array.from({ length: 32 }, next);
    const importance = Array.from({ length: 32 }, () => random() + 0.05);
    const grid: LayerGrid = { inputs: 32, outputs: 1, bits, blockSize: 32, symmetric: false };
    const error = (layer: RoundedLayer) =>
      weight.reduce(
        (sum, w, k) => sum + (importance[k] as number) * (w - dequantized(layer, grid, k, 0)) ** 2,
        0,
      );
    own += error(kquant(weight, grid, importance));
    plain += error(nearestLayer(weight, grid));
    best += exhaustive([...weight], importance, bits);
  }
  expect(own).toBeLessThan(1.1 * best);
  expect(plain).toBeGreaterThan(1.1 * best);
});
