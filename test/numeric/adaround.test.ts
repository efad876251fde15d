import { describe, expect, it } from 'vitest';
import { adaround } from '../../src/numeric/adaround.ts';
import { hessianOf } from '../../src/numeric/hessian.ts';
import { kquant } from '../../src/numeric/kquant.ts';
import { type LayerBits, type LayerGrid, layerErrors, type RoundedLayer } from '../../src/numeric/layer.ts';
import { quadraticForm } from '../../src/numeric/linalg.ts';
import { plainEngine } from '../../src/numeric/matrix-engine.ts';
import { testLayer } from './layer-support.ts';

/** The least output error of all ways to round each weight of one output up or down. */
function exhaustive(
  weight: Float32Array,
  hessian: Float64Array,
  start: RoundedLayer,
  grid: LayerGrid,
): number {
  const { inputs, bits } = grid;
  const top = (1 << bits) - 1;
  let least = Infinity;
  for (let choice = 0; choice < 1 << inputs; choice++) {
    const errors = Array.from(weight, (w, k) => {
      const block = Math.floor(k / grid.blockSize);
      const [scale, zero] = [start.scales[block] as number, start.zeroPoints[block] as number];
      const code = Math.min(Math.max(Math.floor(w / scale) + ((choice >> k) & 1) + zero, 0), top);
      return w - (code - zero) * scale;
    });
    let sum = 0;
    for (let i = 0; i < inputs; i++)
      for (let j = 0; j < inputs; j++)
        sum += (hessian[i * inputs + j] as number) * (errors[i] as number) * (errors[j] as number);
    least = Math.min(least, sum);
  }
  return least;
}

describe.each([2, 3, 4] as const)('%i bits', (bits: LayerBits) => {
  it('finds most of what choosing up or down can gain', async () => {
    // In decades above the best of all choices, over problems of very different size.
    let [own, nearest] = [0, 0];
    for (let seed = 0; seed < 8; seed++) {
      const test = testLayer(12, 1, 60, seed + 10 * bits);
      const grid: LayerGrid = { inputs: 12, outputs: 1, bits, blockSize: 16, symmetric: false };
      const hessian = hessianOf({ sum: test.gram, rows: 60 }, 12)?.values as Float64Array;
      const start = kquant(test.weight, grid);
      const found = await adaround(test.weight, Float32Array.from(hessian), start, grid, plainEngine);
      const least = exhaustive(test.weight, hessian, start, grid);
      const single = Float32Array.from(hessian);
      const form = (layer: RoundedLayer) =>
        quadraticForm(layerErrors(test.weight, layer, grid), single, 12, 1, plainEngine);
      own += Math.log10((await form(found)) / least);
      nearest += Math.log10((await form(start)) / least);
    }
    expect(own).toBeGreaterThan(-1e-3);
    expect(own / nearest).toBeLessThan(0.5);
  });

  it('moves no code by more than one from rounding down, and no scale', async () => {
    const test = testLayer(40, 5, 200, bits);
    const grid: LayerGrid = { inputs: 40, outputs: 5, bits, blockSize: 32, symmetric: true };
    const hessian = Float32Array.from(hessianOf({ sum: test.gram, rows: 200 }, 40)?.values ?? []);
    const start = kquant(test.weight, grid);
    const found = await adaround(test.weight, hessian, start, grid, plainEngine);
    expect(found.scales).toEqual(start.scales);
    expect(found.zeroPoints).toEqual(start.zeroPoints);
    const top = (1 << bits) - 1;
    for (let i = 0; i < found.codes.length; i++) {
      const block = Math.floor(i / 5 / 32) * 5 + (i % 5);
      const scale = start.scales[block] as number;
      const level = scale === 0 ? 0 : (test.weight[i] as number) / scale + (1 << (bits - 1));
      const [low, high] = [Math.floor(level), Math.floor(level) + 1].map((code) =>
        Math.min(Math.max(code, 0), top),
      );
      expect([low, high]).toContain(found.codes[i]);
    }
    const form = (layer: RoundedLayer) =>
      quadraticForm(layerErrors(test.weight, layer, grid), hessian, 40, 5, plainEngine);
    expect(await form(found)).toBeLessThan(await form(start));
  });
});
