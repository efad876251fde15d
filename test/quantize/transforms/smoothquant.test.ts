/** SmoothQuant: factors as the paper has them, gains where outliers are planted, equal outputs everywhere. */
import { describe, expect, it } from 'vitest';
import { cloneModel } from '../../../src/onnx/read.ts';
import { gainDb, searchSmoothing, smoothingFactors } from '../../../src/quantize/transforms/smooth.ts';
import { smooth } from '../../../src/quantize/transforms/smoothquant.ts';
import { normal } from '../../../src/random.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { silentContext } from '../../../src/step.ts';
import { differences, outputsOf } from '../../support/equivalence.ts';
import { OPTIONS, outlierTransformer, quantizedSqnr } from './networks.ts';
import { productFrom } from './products.ts';

describe('factors', () => {
  it('are max|X_j|^a / max|W_j|^(1-a), up to one common factor', () => {
    const [x, w] = [
      [8, 0.5, 3, 20],
      [0.25, 2, 1, 0.125],
    ];
    const product = productFrom(
      x.map((reach) => [reach, -reach / 2]),
      [w, w.map((each) => -each / 3)],
    );
    for (const alpha of [0, 0.5, 0.75, 1]) {
      const naive = x.map((reach, j) => reach ** alpha / (w[j] as number) ** (1 - alpha));
      const found = smoothingFactors([product], 4, alpha);
      const ratios = naive.map((each, j) => (found[j] as number) / each);
      for (const ratio of ratios) expect(ratio / (ratios[0] as number)).toBeCloseTo(1, 12);
    }
  });

  it('leave channels alone that are always zero or that no weight reads', () => {
    const product = productFrom([[4], [0], [2]], [[1, 1, 0]]);
    const [, zero, unread] = smoothingFactors([product], 3, 0.5);
    expect([zero, unread]).toEqual([1, 1]);
  });

  it('nothing is gained where all channels are alike', () => {
    const product = productFrom(
      Array.from({ length: 8 }, () => [1, -1]),
      [Array.from({ length: 8 }, () => 0.5)],
    );
    const spec = { weightBits: 8, activationBits: 8, perChannel: true };
    expect(gainDb(searchSmoothing([product], 8, spec))).toBeCloseTo(0, 6);
  });
});

describe('the search of the strength', () => {
  /** What quantizing `(x / s)` to uint8 and `s W` to int8 per output does to the product, by loops over all of it. */
  function simulated(x: readonly number[][], w: readonly number[][], factors: readonly number[]): number {
    const scaled = x.map((values, k) => values.map((value) => value / (factors[k] as number)));
    const all = scaled.flat();
    const step = (Math.max(0, ...all) - Math.min(0, ...all)) / 255;
    let sum = 0;
    for (const row of w) {
      const own = row.map((value, k) => value * (factors[k] as number));
      const scale = Math.max(...own.map(Math.abs)) / 127;
      for (let r = 0; r < (x[0]?.length ?? 0); r++) {
        let error = 0;
        for (const [k, value] of row.entries()) {
          const [code, weight] = [(scaled[k]?.[r] as number) / step, (own[k] as number) / scale];
          error += Math.round(code) * step * Math.round(weight) * scale - (x[k]?.[r] as number) * value;
        }
        sum += error * error;
      }
    }
    return sum;
  }

  it.each([
    ['a few channels 50 times as large', (k: number) => (k % 11 === 3 ? 50 : 1), () => 1],
    ['sizes over two decades', (k: number) => 10 ** ((k % 9) / 4), () => 1],
    ['large inputs meet small weights', (k: number) => 4 ** (k % 4), (k: number) => 4 ** -(k % 4)],
    ['large inputs meet large weights', (k: number) => 3 ** (k % 4), (k: number) => 3 ** (k % 4)],
  ] as const)('%s: no strength of the paper is much better when simulated', (_, ofX, ofW) => {
    const [inputs, outputs, rows] = [22, 12, 200];
    const next = normal(11);
    const x = Array.from({ length: inputs }, (_row, k) =>
      Array.from({ length: rows }, () => ofX(k) * next()),
    );
    const w = Array.from({ length: outputs }, () =>
      Array.from({ length: inputs }, (_column, k) => ofW(k) * next()),
    );
    const spec = { weightBits: 8, activationBits: 8, perChannel: true };
    const found = searchSmoothing([productFrom(x, w)], inputs, spec);
    const errors = Array.from({ length: 21 }, (_alpha, at) => {
      const alpha = at / 20;
      const factors = x.map((values, k) => {
        const [a, b] = [values, w.map((row) => row[k] as number)].map((all) =>
          Math.max(...all.map(Math.abs)),
        );
        return (a as number) ** alpha / (b as number) ** (1 - alpha);
      });
      return simulated(x, w, factors);
    });
    const own = simulated(x, w, [...found.factors]);
    expect(own / Math.min(...errors)).toBeLessThan(1.15);
    // The search matters: the strengths differ by more than what it may be off.
    expect(Math.max(...errors) / Math.min(...errors)).toBeGreaterThan(1.3);
  });
});

describe('a transformer with outlier channels', () => {
  it('loses at least 6 dB less when it is smoothed, and computes the same', async () => {
    const before = await outlierTransformer(64, 'Relu');
    const after = cloneModel(before);
    const original = await outputsOf(before);
    await inferTypes(after);
    const { smoothed } = await smooth(after, OPTIONS, silentContext());
    const same = await outputsOf(after, () => original.feeds);
    expect(differences(original.outputs, same.outputs)).toEqual([]);
    // Both norms and both products behind Relu.
    expect(smoothed.length).toBeGreaterThanOrEqual(2);
    const [plain, better] = [await quantizedSqnr(before), await quantizedSqnr(after, before)];
    expect(better - plain).toBeGreaterThan(6);
  });

  it('says what it expects of each group: less noise, at a strength between 0 and 1', async () => {
    const model = await outlierTransformer(64, 'Relu');
    const { smoothed, left } = await smooth(model, OPTIONS, silentContext());
    for (const { alpha, before, after } of smoothed) {
      expect(alpha).toBeGreaterThanOrEqual(0);
      expect(alpha).toBeLessThanOrEqual(1);
      expect(after).toBeLessThan(before);
    }
    for (const { reason } of left) expect(reason).not.toBe('');
  });

  it('refuses to work without data', async () => {
    const model = await outlierTransformer(32, 'Relu');
    await expect(smooth(model, { ...OPTIONS, data: undefined }, silentContext())).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});
