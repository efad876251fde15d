/** The estimate of a shift: all of what rows agree about, nothing of what they do not. */
import { describe, expect, it } from 'vitest';
import { Shift } from '../../../../src/quantize/static/bias/shift.ts';
import { normal } from '../../../../src/random.ts';

/** Rows of two channels that move by `move`, and by noise. */
function shifted(rows: number, move: readonly [number, number], noise: number, seed = 1): Float64Array {
  const next = normal(seed);
  const shift = new Shift(2);
  for (let row = 0; row < rows; row++) {
    const float = [next(), next()];
    shift.add(
      float,
      float.map((value, c) => value + (move[c] as number) + noise * next()),
    );
  }
  return shift.estimate();
}

describe('a shift', () => {
  it('is the mean difference where all rows agree', () => {
    const [a, b] = shifted(10, [0.5, -2], 0);
    expect(a).toBeCloseTo(0.5, 12);
    expect(b).toBeCloseTo(-2, 12);
  });

  it('on average costs less than taking the mean at its word, where there is none', () => {
    let [shrunk, plain] = [0, 0];
    for (let seed = 1; seed <= 300; seed++) {
      const [found = 0] = shifted(6, [0, 0], 1, seed);
      shrunk += found * found;
      plain += 1 / 6;
    }
    expect(shrunk).toBeLessThan(0.7 * plain);
  });

  it('is less than the mean by the share that chance may have in it', () => {
    const shift = new Shift(1);
    for (const moved of [1, 2, 3, 2]) shift.add([0], [moved]);
    // m = 2, s^2 = 2/3, n = 4
    expect(shift.estimate()[0]).toBeCloseTo(2 * (1 - 2 / 3 / 4 / 4), 12);
  });

  it('takes nothing from a single row, nor from rows that are no numbers', () => {
    const one = new Shift(1);
    one.add([0], [5]);
    expect(one.estimate()[0]).toBe(0);
    one.add([0, 0], [Number.NaN, Number.POSITIVE_INFINITY]);
    expect(one.estimate()[0]).toBe(0);
    one.add([0], [5]);
    expect(one.estimate()[0]).toBe(5);
  });
});
