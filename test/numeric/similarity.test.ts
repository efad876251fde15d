import { describe, expect, it } from 'vitest';
import { Agreement, Similarity, SQNR_FLOOR_DB } from '../../src/numeric/similarity.ts';
import { normal } from '../../src/random.ts';

function compare(a: readonly number[] | Float32Array, b: readonly number[] | Float32Array) {
  const similarity = new Similarity();
  similarity.add(Float64Array.from(a), Float64Array.from(b));
  const { sqnrDb, cosine, maxAbsError, mismatches, nonFinite } = similarity;
  return { sqnrDb, cosine, maxAbsError, mismatches, nonFinite };
}

function gaussian(length: number, seed: number): Float32Array {
  const next = normal(seed);
  return Float32Array.from({ length }, () => next());
}

describe('similarity', () => {
  it('knows the SQNR and angle of a scaled copy', () => {
    const values = gaussian(1000, 1).map((v) => Math.fround(v));
    const result = compare(
      values,
      Array.from(values, (v) => v * 0.9),
    );
    expect(result.sqnrDb).toBeCloseTo(20, 10); // error is a tenth of the signal
    expect(result.cosine).toBeCloseTo(1, 12);
    expect(result.maxAbsError).toBeCloseTo(0.1 * values.reduce((m, v) => Math.max(m, Math.abs(v)), 0), 12);
  });

  it('of equal tensors is perfect', () => {
    expect(compare([1, -2, 0], [1, -2, 0])).toMatchObject({ sqnrDb: null, cosine: 1, maxAbsError: 0 });
    expect(compare([0, 0], [0, 0])).toMatchObject({ sqnrDb: null, cosine: null, maxAbsError: 0 });
  });

  it('of a zero reference or a zero approximation is as bad as it gets', () => {
    expect(compare([0, 0], [1, 0])).toMatchObject({ sqnrDb: SQNR_FLOOR_DB, cosine: 0, maxAbsError: 1 });
    expect(compare([2, 0], [0, 0])).toMatchObject({ sqnrDb: 0, cosine: 0, maxAbsError: 2 });
    expect(compare([1, -1], [-1, 1]).cosine).toBeCloseTo(-1, 12);
  });

  it('takes equal infinities and NaN for equal', () => {
    const result = compare([-Infinity, NaN, 3], [-Infinity, NaN, 3]);
    expect(result).toEqual({ sqnrDb: null, cosine: 1, maxAbsError: 0, mismatches: 0, nonFinite: 2 });
  });

  it('says nothing of NaN alone', () => {
    const only = (values: number[]) => {
      const similarity = new Similarity();
      similarity.add(Float64Array.from(values), Float64Array.from(values));
      return [similarity.isComparable, similarity.nan];
    };
    expect(only([NaN, NaN])).toEqual([false, 2]);
    expect(only([NaN, 1])).toEqual([true, 1]);
    expect(only([-Infinity])).toEqual([true, 0]);
  });

  it.each([
    [1, NaN],
    [NaN, 1],
    [1, Infinity],
    [Infinity, -Infinity],
    [Infinity, 1],
  ])('reports %d against %d and takes the worst values', (a, b) => {
    const result = compare([a, 3], [b, 3]);
    expect(result).toMatchObject({
      sqnrDb: SQNR_FLOOR_DB,
      cosine: 0,
      maxAbsError: Number.MAX_VALUE,
      mismatches: 1,
    });
    expect(result.nonFinite).toBe(Number.isFinite(b) ? 0 : 1);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it('in pieces is exactly the whole', () => {
    const a = gaussian(999, 2);
    const b = gaussian(999, 3);
    const whole = new Similarity();
    whole.add(a, b);
    const pieces = new Similarity();
    for (const [from, to] of [
      [0, 1],
      [1, 500],
      [500, 500],
      [500, 999],
    ] as const) {
      pieces.add(a.subarray(from, to), b.subarray(from, to));
    }
    expect([pieces.sqnrDb, pieces.cosine, pieces.maxAbsError, pieces.meanSquaredError, pieces.count]).toEqual(
      [whole.sqnrDb, whole.cosine, whole.maxAbsError, whole.meanSquaredError, 999],
    );
  });
});

describe('agreement', () => {
  it('counts rows with the same first largest value', () => {
    const agreement = new Agreement();
    expect(agreement.share).toBeNull();
    const reference = Float32Array.of(1, 2, 0, 5, 5, 1, -3, -2, -1);
    const approximation = Float32Array.of(3, 4, 3, 6, 1, 6, -1, -2, -3);
    agreement.add(reference, approximation, 3);
    expect([agreement.rows, agreement.agreeing, agreement.share]).toEqual([3, 2, 2 / 3]);
  });

  it('never counts a row with NaN', () => {
    const agreement = new Agreement();
    const rows = Float32Array.of(NaN, 1, 1, NaN, 2, 1);
    agreement.add(rows, rows, 2);
    expect([agreement.rows, agreement.agreeing]).toEqual([3, 1]);
  });

  it('copes with rows of minus infinity', () => {
    const agreement = new Agreement();
    const row = Float32Array.of(-Infinity, -Infinity);
    agreement.add(row, row, 2);
    expect(agreement.share).toBe(1);
  });
});
