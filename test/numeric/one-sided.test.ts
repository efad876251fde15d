/** Blocks whose weights all have one sign, far from zero: zero is in the range of every method all the same. */
import { describe, expect, it } from 'vitest';
import { adaround } from '../../src/numeric/adaround.ts';
import { clippedLayer } from '../../src/numeric/awq.ts';
import { quantizeColumns } from '../../src/numeric/block-matmul.ts';
import { descend } from '../../src/numeric/descent.ts';
import { gptq } from '../../src/numeric/gptq.ts';
import { kquant } from '../../src/numeric/kquant.ts';
import { type LayerBits, type LayerGrid, nearestLayer, type RoundedLayer } from '../../src/numeric/layer.ts';
import { unpackMatmul } from '../../src/numeric/layer-pack.ts';
import { plainEngine } from '../../src/numeric/matrix-engine.ts';
import { roundWithoutData } from '../../src/quantize/rounding/without-data.ts';
import { uniform } from '../../src/random.ts';
import { dequantized } from './layer-support.ts';

const [INPUTS, OUTPUTS] = [64, 3];

/** Independent inputs: nothing to make up for. */
const hessian = new Float64Array(INPUTS * INPUTS);
for (let k = 0; k < INPUTS; k++) hessian[k * INPUTS + k] = 1;
const single = Float32Array.from(hessian);

type Round = (weight: Float32Array, grid: LayerGrid) => RoundedLayer | null | Promise<RoundedLayer | null>;

const METHODS: Readonly<Record<string, Round>> = {
  nearest: nearestLayer,
  'nearest in files': (weight, { bits, ...grid }) => {
    if (bits === 3) return null;
    const spec = { bits, blockSize: grid.blockSize, symmetric: false };
    return unpackMatmul(quantizeColumns(weight, INPUTS, OUTPUTS, spec), { ...grid, bits });
  },
  kquant: (weight, grid) => kquant(weight, grid),
  'kquant with data': (weight, grid) => kquant(weight, grid, new Float64Array(INPUTS).fill(1)),
  hqq: (weight, grid) => roundWithoutData('hqq', weight, grid),
  awq: (weight, grid) => clippedLayer(weight, hessian, grid),
  gptq: (weight, grid) => gptq(weight, hessian, grid, plainEngine),
  adaround: (weight, grid) => adaround(weight, single, kquant(weight, grid), grid, plainEngine),
  descent: (weight, grid) => descend(kquant(weight, grid), weight, single, grid, plainEngine),
};

const CASES = Object.keys(METHODS).flatMap((method) =>
  ([2, 4, 8] as const).flatMap((bits: LayerBits) => [1, -1].map((sign) => ({ method, bits, sign }))),
);

describe.each(CASES)('$method, $bits bits, weights of sign $sign', ({ method, bits, sign }) => {
  it('is off by no more than a step of the range from zero on', async () => {
    const next = uniform(bits);
    const weight = Float32Array.from({ length: INPUTS * OUTPUTS }, () => sign * (10 + next()));
    const grid: LayerGrid = { inputs: INPUTS, outputs: OUTPUTS, bits, blockSize: 32, symmetric: false };
    const layer = await METHODS[method]?.(weight, grid);
    if (!layer) throw new Error(`${method} has no result`);
    const step = 11 / ((1 << bits) - 1);
    for (let k = 0; k < INPUTS; k++)
      for (let n = 0; n < OUTPUTS; n++) {
        const error = Math.abs((weight[k * OUTPUTS + n] as number) - dequantized(layer, grid, k, n));
        expect(error).toBeLessThanOrEqual(step);
      }
  });
});
