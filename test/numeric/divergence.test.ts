import { describe, expect, it } from 'vitest';
import { Divergence } from '../../src/numeric/divergence.ts';
import { normal, seedFor } from '../../src/random.ts';

function softmax(row: readonly number[]): number[] {
  const powers = row.map((value) => Math.exp(value));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

function divergence(reference: readonly number[], other: readonly number[], width: number): number | null {
  const made = new Divergence();
  made.add(Float64Array.from(reference), Float64Array.from(other), width);
  return made.mean;
}

describe('KL divergence of outputs', () => {
  const next = normal(seedFor('divergence'));
  const rows = Array.from({ length: 6 }, () => Array.from({ length: 5 }, () => next()));
  const others = rows.map((row) => row.map((value) => value + next() / 3));
  const expected =
    rows.reduce((sum, row, index) => {
      const [p, q] = [softmax(row), softmax(others[index] ?? [])];
      return sum + p.reduce((total, value, at) => total + value * Math.log(value / (q[at] ?? 0)), 0);
    }, 0) / rows.length;

  it('is that of the softmax for logits, and of the rows themselves for probabilities', () => {
    expect(divergence(rows.flat(), others.flat(), 5)).toBeCloseTo(expected, 12);
    expect(divergence(rows.flatMap(softmax), others.flatMap(softmax), 5)).toBeCloseTo(expected, 12);
  });

  it('does not depend on a constant added to logits, however large', () => {
    const shifted = others.map((row, index) => row.map((value) => value + 300 * index));
    expect(divergence(rows.flat(), shifted.flat(), 5)).toBeCloseTo(expected, 9);
  });

  it('is zero for equals, null for nothing, infinite for NaN, and finite where a probability vanished', () => {
    expect(divergence(rows.flat(), rows.flat(), 5)).toBe(0);
    expect(new Divergence().mean).toBeNull();
    expect(divergence([1, 2], [Number.NaN, 2], 2)).toBe(Infinity);
    expect(divergence([0.5, 0.5], [1, 0], 2)).toBeGreaterThan(10);
    expect(divergence([0.5, 0.5], [1, 0], 2)).toBeLessThan(20);
  });
});
