import { describe, expect, it } from 'vitest';
import type { BlockBits } from '../../src/numeric/block.ts';
import { dequantizeRows } from '../../src/numeric/block-dequantize.ts';
import { quantizeRows } from '../../src/numeric/block-matmul.ts';
import { roundToHalf } from '../../src/numeric/half.ts';
import { type HqqSpec, hqqColumns, hqqRows } from '../../src/numeric/hqq.ts';
import { normal } from '../../src/random.ts';
import { firstDifference } from './arrays.ts';

const ROWS = 40;

/** Rows of every kind a weight may have: bell-shaped, heavy-tailed, one-sided, constant, zero, tiny, large. */
function weights(length: number, seed: number): Float32Array {
  const next = normal(seed);
  const kinds = [
    () => next() * 0.02,
    () => next() ** 3 * 0.1,
    () => Math.abs(next()) + 3,
    () => 0.3,
    () => 0,
    () => next() * 1e-30,
    () => next() * 50 - 200,
  ];
  return Float32Array.from({ length: ROWS * length }, (_, i) =>
    (kinds[Math.floor(i / length) % 7] ?? next)(),
  );
}

/** Squared error of every block: [rows, blocks]. */
function blockErrors(weight: Float32Array, back: Float32Array, length: number, blockSize: number): number[] {
  const blocks = Math.ceil(length / blockSize);
  const errors = new Array<number>(ROWS * blocks).fill(0);
  for (let i = 0; i < weight.length; i++) {
    const block = Math.floor(i / length) * blocks + Math.floor((i % length) / blockSize);
    errors[block] = (errors[block] as number) + ((weight[i] as number) - (back[i] as number)) ** 2;
  }
  return errors;
}

const CASES = ([2, 4, 8] as const).flatMap((bits: BlockBits) =>
  (['integer', 'float'] as const).flatMap((zeroPoints) =>
    (['float32', 'float16'] as const).map((scaleType): Required<HqqSpec> => {
      return { bits, blockSize: 32, zeroPoints, scaleType };
    }),
  ),
);

describe.each(CASES)('HQQ with $bits bits, $zeroPoints zero points, $scaleType scales', (spec) => {
  const length = 75;
  const weight = weights(length, spec.bits);
  const result = hqqRows(weight, ROWS, length, spec);
  const errors = blockErrors(weight, dequantizeRows(result, ROWS, length, spec), length, 32);
  const nearest = quantizeRows(weight, ROWS, length, { ...spec, symmetric: false });
  const nearestErrors = blockErrors(weight, dequantizeRows(nearest, ROWS, length, spec), length, 32);

  it('is never worse than round-to-nearest in any block', () => {
    // dequantizeRows rounds to float32, the solver does not: a few units in the last place of the weights
    const slack = (i: number) => (nearestErrors[i] as number) * 1e-4 + 1e-9 * (weight.length / ROWS);
    expect(errors.filter((error, i) => error > (nearestErrors[i] as number) + slack(i))).toEqual([]);
  });

  it('is better on bell-shaped weights', () => {
    const sum = (all: readonly number[]) => all.slice(0, 3).reduce((a, b) => a + b, 0);
    expect(sum(errors)).toBeLessThan(sum(nearestErrors) * (spec.bits === 2 ? 0.8 : 0.99));
  });

  it('is the same from rows and from columns', () => {
    const turned = Float32Array.from(
      weight,
      (_, i) => weight[(i % ROWS) * length + Math.floor(i / ROWS)] as number,
    );
    const columns = hqqColumns(turned, length, ROWS, spec);
    expect(firstDifference(columns.codes, result.codes)).toBeNull();
    expect(firstDifference(columns.scales, result.scales)).toBeNull();
    expect(firstDifference(columns.zeroPoints, result.zeroPoints)).toBeNull();
    expect(columns.kept).toBe(result.kept);
  });

  it('stores what its types can hold', () => {
    expect(result.zeroPoints instanceof Float32Array).toBe(spec.zeroPoints === 'float');
    if (spec.scaleType === 'float16') {
      expect(firstDifference(result.scales, result.scales.map(roundToHalf))).toBeNull();
      if (result.zeroPoints instanceof Float32Array) {
        expect(firstDifference(result.zeroPoints, result.zeroPoints.map(roundToHalf))).toBeNull();
      }
    }
  });

  it('keeps zero weights exactly zero where zero points are whole', () => {
    const back = dequantizeRows(result, ROWS, length, spec);
    const zeros = back.filter((_, i) => weight[i] === 0);
    expect(zeros.length).toBeGreaterThan(0);
    expect(zeros.every((value) => value === 0)).toBe(true);
  });
});
