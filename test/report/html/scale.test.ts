import { describe, expect, it } from 'vitest';
import { uniform } from '../../../src/random.ts';
import { linearScale, rangeOf, ticks } from '../../../src/report/html/scale.ts';

describe('axes', () => {
  it('hold all their values, and marks at round numbers inside', () => {
    const random = uniform(1);
    for (let round = 0; round < 300; round++) {
      const size = 10 ** Math.round(20 * random() - 8);
      const offset = random() < 0.5 ? 0 : random() * size * 30;
      const values = Array.from({ length: 1 + Math.floor(random() * 6) }, () => offset + random() * size);
      const [low, high] = rangeOf(values);
      expect(low).toBeLessThanOrEqual(Math.min(...values));
      expect(high).toBeGreaterThanOrEqual(Math.max(...values));
      const found = ticks(low, high, 5);
      expect(found.length).toBeGreaterThan(1);
      expect(found.length).toBeLessThan(12);
      const step = ((found[1] as number) - (found[0] as number)).toPrecision(1);
      expect(step).toMatch(/^0?\.?0*[125]/);
      const scale = linearScale([low, high], [100, 500]);
      for (const value of [...values, ...scale.ticks]) {
        expect(scale.at(value)).toBeGreaterThanOrEqual(100 - 1e-6);
        expect(scale.at(value)).toBeLessThanOrEqual(500 + 1e-6);
      }
    }
  });

  it('begin at zero where that costs little room', () => {
    expect(rangeOf([1, 10])[0]).toBe(0);
    expect(rangeOf([9, 10])[0]).toBeGreaterThan(8);
  });

  it('do not blow up a difference of nothing', () => {
    const [low, high] = rangeOf([0.7695, 0.7699]);
    expect((high - low) / high).toBeGreaterThan(0.05);
  });

  it.each([[[]], [[5]], [[0]], [[Number.MAX_VALUE]]])('exist for %j', (values) => {
    const [low, high] = rangeOf(values);
    expect(high).toBeGreaterThan(low);
  });
});
