/** The predicted noise against a product that is really quantized. */
import { expect, it } from 'vitest';
import { noiseOf } from '../../../src/quantize/transforms/noise.ts';
import { normal } from '../../../src/random.ts';
import { productFrom } from './products.ts';

const SPEC = { weightBits: 8, activationBits: 8, perChannel: true };

it.for([
  ['channels alike', 1, 0],
  ['an outlier channel', 40, 0],
  ['an outlier channel, scaled away', 40, 1],
] as const)('is what simulation gives, within 15 percent: %s', ([, outlier, strength]) => {
  const [rows, inputs, outputs] = [400, 24, 16];
  const next = normal(5);
  const x = Array.from({ length: inputs }, (_, k) =>
    Array.from({ length: rows }, () => (k === 3 ? outlier : 1) * next()),
  );
  const w = Array.from({ length: outputs }, () => Array.from({ length: inputs }, () => next()));
  const factors = Float64Array.from({ length: inputs }, (_, k) => (k === 3 ? outlier : 1) ** strength);
  const predicted = noiseOf(productFrom(x, w), factors, SPEC);
  const measured = simulated(x, w, factors);
  expect(predicted / measured).toBeGreaterThan(0.85);
  expect(predicted / measured).toBeLessThan(1.15);
});

/** Sum of squared errors of all elements of the product, by plain loops. */
function simulated(x: readonly number[][], w: readonly number[][], factors: Float64Array): number {
  const scaledX = x.map((values, k) => values.map((value) => value / (factors[k] as number)));
  const all = scaledX.flat();
  const step = (Math.max(...all) - Math.min(...all)) / 255;
  const codedX = scaledX.map((values) => values.map((value) => Math.round(value / step) * step));
  const codedW = w.map((row) => {
    const scaled = row.map((value, k) => value * (factors[k] as number));
    const scale = Math.max(...scaled.map(Math.abs)) / 127;
    return scaled.map((value) => Math.round(value / scale) * scale);
  });
  let sum = 0;
  for (let r = 0; r < (x[0]?.length ?? 0); r++)
    for (const [o, row] of w.entries()) {
      let error = 0;
      for (const [k, value] of row.entries())
        error += (codedX[k]?.[r] as number) * (codedW[o]?.[k] as number) - (x[k]?.[r] as number) * value;
      sum += error * error;
    }
  return sum;
}
