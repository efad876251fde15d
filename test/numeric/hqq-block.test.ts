/** The solver of half-quadratic quantization against the formulas of the paper, written as they stand there. */
import { describe, expect, it } from 'vitest';
import { tile } from '../../src/numeric/block-tile.ts';
import { type BlockFit, HQQ_DEFAULTS, solveHqq } from '../../src/numeric/hqq-block.ts';
import { normal } from '../../src/random.ts';

interface Iterate {
  readonly zeroPoint: number;
  readonly squared: number;
  /** False behind a turn whose error equals the least to the last digit: rounding decides whether the solver goes on. */
  readonly sure: boolean;
}

/**
 * Zero points of all turns: W_q = round(W / s + z) clamped; W_e = shrink(W - s (W_q - z)), the proximal operator of the
 * p-norm; z = mean(W_q - (W - W_e) / s); until the mean absolute error stops falling (equations 3 to 7).
 */
function paper(weights: readonly number[], scale: number, start: number, top: number): Iterate[] {
  const { p, kappa, iterations } = HQQ_DEFAULTS;
  let { beta } = HQQ_DEFAULTS;
  const found: Iterate[] = [];
  let zero = start;
  let least = Infinity;
  let sure = true;
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  for (let turn = 0; turn < iterations; turn++) {
    const codes = weights.map((w) => Math.min(Math.max(Math.round(w / scale + zero), 0), top));
    const errors = weights.map((w, i) => w - scale * ((codes[i] as number) - zero));
    found.push({ zeroPoint: zero, squared: errors.reduce((sum, error) => sum + error * error, 0), sure });
    const absolute = mean(errors.map(Math.abs));
    if (absolute > least * (1 + 1e-12)) break;
    if (absolute > least * (1 - 1e-12)) sure = false;
    least = absolute;
    const sparse = errors.map((error) => {
      const size = Math.abs(error);
      return size === 0 ? 0 : Math.sign(error) * Math.max(size - size ** (p - 1) / beta, 0);
    });
    zero = mean(weights.map((w, i) => (codes[i] as number) - (w - (sparse[i] as number)) / scale));
    beta *= kappa;
  }
  return found;
}

const KINDS: readonly (readonly [string, number, (next: () => number) => number])[] = [
  ['bell-shaped, large', 2, (next) => next()],
  ['heavy-tailed', 3, (next) => next() ** 3],
  ['one-sided', 4, (next) => Math.abs(next()) + 3],
  ['as small as weights are', 5, (next) => 0.02 * next()],
];

describe.each(KINDS)('weights that are %s', (_, seed, make) => {
  it.each([2, 4, 8] as const)('%i bits: the zero point of the paper', (bits) => {
    const top = (1 << bits) - 1;
    for (let block = 0; block < 10; block++) {
      const next = normal(seed * 100 + block);
      const weights = Array.from({ length: 32 }, () => Math.fround(make(next)));
      tile.set(weights, 64);
      const [low, high] = [Math.min(...weights), Math.max(...weights)];
      const scale = (high - low) / top;
      const fit: BlockFit = { scale, zeroPoint: Math.round(-low / scale), error: 0 };
      const turns = paper(weights, scale, fit.zeroPoint, top);
      solveHqq(64, 32, top, fit);
      // The iterate with the least squared error of those the solver came to.
      const same = turns.filter(({ zeroPoint }) => Math.abs(zeroPoint - fit.zeroPoint) < 1e-5);
      expect(fit.error / (same[0]?.squared ?? 0)).toBeCloseTo(1, 5);
      const least = Math.min(...turns.filter(({ sure }) => sure).map(({ squared }) => squared));
      expect(fit.error).toBeLessThanOrEqual(least * (1 + 1e-6));
    }
  });
});

it('moves the zero point at all', () => {
  const next = normal(1);
  const weights = Array.from({ length: 32 }, next);
  const [low, high] = [Math.min(...weights), Math.max(...weights)];
  const turns = paper(weights, (high - low) / 3, Math.round((-low * 3) / (high - low)), 3);
  expect(new Set(turns.map(({ zeroPoint }) => zeroPoint)).size).toBeGreaterThan(2);
});
