import { describe, expect, it } from 'vitest';
import { uniform } from '../../../src/random.ts';
import { overlap } from '../../../src/report/html/place-names.ts';
import { treemap } from '../../../src/report/html/treemap.ts';

const FRAME = { x: 10, y: 20, width: 400, height: 260 };
const cases = Array.from({ length: 40 }, (_, seed) => {
  const random = uniform(seed);
  const count = 1 + Math.floor(random() * 60);
  return Array.from({ length: count }, () => random() ** 4 * 1e6 + 1).sort((a, b) => b - a);
});

describe('treemap', () => {
  it('gives every weight its share of the frame, inside of it and covering nothing else', () => {
    for (const weights of cases) {
      const boxes = treemap(weights, FRAME);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const spans = boxes.map(({ x, y, width, height }) => ({
        left: x + 1e-6,
        right: x + width - 1e-6,
        top: y + 1e-6,
        bottom: y + height - 1e-6,
      }));
      for (const [index, box] of boxes.entries()) {
        const share = (weights[index] as number) / total;
        expect((box.width * box.height) / (FRAME.width * FRAME.height)).toBeCloseTo(share, 9);
        expect(box.x).toBeGreaterThanOrEqual(FRAME.x - 1e-6);
        expect(box.x + box.width).toBeLessThanOrEqual(FRAME.x + FRAME.width + 1e-6);
        expect(box.y + box.height).toBeLessThanOrEqual(FRAME.y + FRAME.height + 1e-6);
        for (const other of spans.slice(0, index)) expect(overlap(other, spans[index] ?? other)).toBe(false);
      }
    }
  });

  it('draws equal weights nearly square', () => {
    const boxes = treemap(new Array<number>(24).fill(1), { ...FRAME, width: 360, height: 240 });
    for (const { width, height } of boxes) expect(Math.max(width / height, height / width)).toBeLessThan(1.6);
  });

  it('has nothing to draw without weights or without room', () => {
    expect(treemap([], FRAME)).toEqual([]);
    expect(treemap([1, 2], { ...FRAME, width: 0 })).toEqual([]);
  });
});
