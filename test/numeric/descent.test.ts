import { describe, expect, it } from 'vitest';
import { descend } from '../../src/numeric/descent.ts';
import { hessianOf } from '../../src/numeric/hessian.ts';
import { kquant } from '../../src/numeric/kquant.ts';
import { type LayerBits, layerErrors, nearestLayer, type RoundedLayer } from '../../src/numeric/layer.ts';
import { quadraticForm } from '../../src/numeric/linalg.ts';
import { plainEngine } from '../../src/numeric/matrix-engine.ts';
import { testLayer } from './layer-support.ts';

const CASES = ([2, 3, 4] as const).flatMap((bits: LayerBits) =>
  [true, false].flatMap((symmetric) =>
    (['float32', 'float16'] as const).map((scaleType) => ({ bits, symmetric, scaleType })),
  ),
);

describe.each(CASES)('$bits bits, symmetric $symmetric, $scaleType scales', (spec) => {
  const test = testLayer(75, 6, 300, spec.bits);
  const grid = { ...spec, inputs: 75, outputs: 6, blockSize: 32 };
  const hessian = Float32Array.from(hessianOf({ sum: test.gram, rows: 300 }, 75)?.values ?? []);
  const errorOf = (layer: RoundedLayer) =>
    quadraticForm(layerErrors(test.weight, layer, grid), hessian, 75, 6, plainEngine);

  it.each([
    ['nearest', nearestLayer(test.weight, grid)],
    ['kquant', kquant(test.weight, grid)],
  ])('lowers the error of %s', async (_, start) => {
    const end = await descend(start, test.weight, hessian, grid, plainEngine);
    expect(await errorOf(end)).toBeLessThan((await errorOf(start)) * 0.5);
  });

  it('ends where no single code can be moved for the better', async () => {
    let layer = kquant(test.weight, grid);
    for (let turn = 0; turn < 8; turn++)
      layer = await descend(layer, test.weight, hessian, grid, plainEngine);
    const least = await errorOf(layer);
    const top = (1 << spec.bits) - 1;
    for (let i = 0; i < layer.codes.length; i += 7)
      for (const step of [-1, 1]) {
        const code = (layer.codes[i] as number) + step;
        if (code < 0 || code > top) continue;
        const codes = layer.codes.slice();
        codes[i] = code;
        // What a sweep gains at most before it stops, see WORTHWHILE.
        expect(await errorOf({ ...layer, codes })).toBeGreaterThan(least * 0.998);
      }
  });
});
