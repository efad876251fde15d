/** Scales that bound pairs, against loops over the definition. */

import { describe, expect, it } from 'vitest';
import { PAIRS, pairScales } from '../../src/numeric/pair-scale.ts';
import { normal } from '../../src/random.ts';

function weights(dims: readonly number[]): Float32Array {
  const next = normal(dims.length);
  return Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, next);
}

/** Codes of one channel, in the order in which they are summed. */
function codesOf(line: readonly number[], scale: number): number[] {
  return line.map((value) => Math.abs(Math.round(value / scale)));
}

function expectBound(lines: readonly (readonly number[])[], scale: number): void {
  const sums = lines.flatMap((line) => {
    const codes = codesOf(line, scale);
    return codes.map((code, at) => (at % 2 === 0 ? code + (codes[at + 1] ?? 0) : 0));
  });
  expect(Math.max(...sums)).toBeLessThanOrEqual(128);
  expect(Math.max(...lines.flatMap((line) => codesOf(line, scale)))).toBeLessThanOrEqual(127);
  // More would not have fitted: some group of four is close to the bound.
  const pairs = lines.flatMap((line) =>
    line.map((_, at) => (at % 4 === 0 ? codesOf(line, scale).slice(at, at + 4) : [])),
  );
  const largest = Math.max(
    ...pairs.map((four) =>
      [...four]
        .sort((a, b) => b - a)
        .slice(0, 2)
        .reduce((a, b) => a + b, 0),
    ),
  );
  expect(largest).toBeGreaterThanOrEqual(125);
}

describe('pair scales', () => {
  it.each([1, 2, 3, 4, 7, 64, 130])('of a matrix with %i rows', (rows) => {
    const values = weights([rows, 5]);
    const scales = pairScales(values, { dims: [rows, 5], channel: 1, summed: [0], group: PAIRS });
    for (const [column, scale] of scales.entries())
      expectBound([Array.from({ length: rows }, (_, row) => values[row * 5 + column] as number)], scale);
  });

  it('of a stack of matrices with one scale', () => {
    const values = weights([3, 10, 5]);
    const [scale = 0] = pairScales(values, { dims: [3, 10, 5], channel: null, summed: [1], group: PAIRS });
    const lines = Array.from({ length: 15 }, (_, line) =>
      Array.from(
        { length: 10 },
        (_, row) => values[Math.floor(line / 5) * 50 + row * 5 + (line % 5)] as number,
      ),
    );
    expectBound(lines, scale);
  });

  it('of a convolution go over its places, and through the channels of each', () => {
    const dims = [6, 3, 2, 2];
    const values = weights(dims);
    const scales = pairScales(values, { dims, channel: 0, summed: [2, 3, 1], group: PAIRS });
    for (const [out, scale] of scales.entries())
      expectBound(
        [
          Array.from(
            { length: 12 },
            (_, at) => values[out * 12 + (at % 3) * 4 + Math.floor(at / 3)] as number,
          ),
        ],
        scale,
      );
  });

  it('bound any two where the order is not known', () => {
    const values = Float32Array.of(1, 0.1, 0.1, 0.1, 0.1, 0.1, -0.8, 0.1);
    const [scale] = pairScales(values, { dims: [8], channel: null, summed: [0], group: Infinity });
    expect(scale).toBeCloseTo(1.8 / 127, 6);
  });

  it('are zero for zeros', () => {
    const options = { dims: [4, 2], channel: 1, summed: [0], group: PAIRS };
    expect([...pairScales(new Float32Array(8), options)]).toEqual([0, 0]);
  });
});
