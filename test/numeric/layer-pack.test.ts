import { describe, expect, it } from 'vitest';
import { quantizeLinearColumns, quantizeLinearRows } from '../../src/numeric/block-linear.ts';
import { quantizeRows } from '../../src/numeric/block-matmul.ts';
import { nearestLayer } from '../../src/numeric/layer.ts';
import {
  packLinear,
  packMatmul,
  type StoredGrid,
  turned,
  unpackMatmul,
} from '../../src/numeric/layer-pack.ts';
import { normal } from '../../src/random.ts';

const CASES = ([2, 4, 8] as const).flatMap((bits) =>
  [true, false].flatMap((symmetric) =>
    (['float32', 'float16'] as const).map((scaleType) => ({ bits, symmetric, scaleType })),
  ),
);

describe.each(CASES)('$bits bits, symmetric $symmetric, $scaleType scales', (spec) => {
  const grid: StoredGrid = { ...spec, inputs: 75, outputs: 9, blockSize: 32 };
  const next = normal(spec.bits);
  const weight = Float32Array.from({ length: 75 * 9 }, next);
  const layer = nearestLayer(weight, grid);

  it('nearest, packed, is byte for byte what the kernels of nearest make', () => {
    const packed = packMatmul(layer, grid);
    const expected = quantizeRows(turned(weight, 75, 9), 9, 75, grid);
    expect(packed).toEqual(expected);
  });

  it('comes back from the packed form', () => {
    expect(unpackMatmul(packMatmul(layer, grid), grid)).toEqual(layer);
  });

  it.each([false, true])('in place has the shape of blocked QuantizeLinear, by output %s', (byOutput) => {
    const own = packLinear(layer, grid, byOutput);
    const made = byOutput
      ? quantizeLinearRows(turned(weight, 75, 9), 9, 75, grid)
      : quantizeLinearColumns(weight, 75, 9, grid);
    expect(own.codes.length).toBe(made.codes.length);
    expect(own.scales).toEqual(made.scales);
    expect(own.zeroPoints === null).toBe(made.zeroPoints === null);
    // The arithmetic of the two differs in ties and in where single precision rounds.
    const different = own.codes.filter((code, i) => code !== made.codes[i]).length;
    expect(different).toBeLessThan(own.codes.length * 0.02);
  });
});
