import { expect, it } from 'vitest';
import { DIRECTIONS, lowerIsBetter, metricDrop, metricDrops } from '../../src/report/metric-drop.ts';

it.each(Object.keys(DIRECTIONS))('a loss of %s is positive, a gain negative', (name) => {
  const [good, bad] = lowerIsBetter(name) ? [2, 3] : [3, 2];
  expect([metricDrop(name, good, bad), metricDrop(name, bad, good)]).toEqual([1, -1]);
});

it('takes it that more is better of metrics that others computed', () => {
  expect(['bleu', 'toString'].map((name) => metricDrop(name, 3, 2))).toEqual([1, 1]);
});

it('takes what both have, and nothing is no drop', () => {
  const worst = Number.MAX_VALUE;
  expect(metricDrops({ accuracy: 1, perplexity: worst }, { perplexity: worst, mse: 1 })).toEqual({
    perplexity: 0,
  });
  expect(metricDrops({ toString: 1 } as never, {})).toEqual({});
});
