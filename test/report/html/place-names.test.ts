import { describe, expect, it } from 'vitest';
import { uniform } from '../../../src/random.ts';
import { type NamedDot, overlap, placesOf } from '../../../src/report/html/place-names.ts';

describe('names beside dots', () => {
  it('cover no other name where a few dots stand apart, and stay inside', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = uniform(seed);
      const dots = Array.from({ length: 5 }, (_, index): NamedDot => {
        const [x, y] = [60 + random() * 700, 20 + index * 40];
        return { left: x - 8, right: x + 8, top: y - 8, bottom: y + 8, name: 'm'.repeat(3 + 3 * index) };
      });
      const places = placesOf(dots, [50, 800]).flatMap((place) => place ?? []);
      expect(places).toHaveLength(5);
      for (const [index, place] of places.entries()) {
        expect(place.left).toBeGreaterThanOrEqual(50);
        expect(place.right).toBeLessThanOrEqual(800);
        for (const other of [...places.slice(0, index), ...dots.filter((dot) => dot !== dots[index])])
          expect(overlap(place, other)).toBe(false);
      }
    }
  });

  it('are left out where none is given', () => {
    expect(placesOf([{ left: 0, right: 1, top: 0, bottom: 1, name: null }], [0, 100])).toEqual([null]);
  });
});
