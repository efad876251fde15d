import { expect, it } from 'vitest';
import { metrics } from '../../src/data/metrics/table.ts';
import { lowerIsBetter, metricDrop, metricDrops } from '../../src/report/metric-drop.ts';

it.each(metrics.map((metric) => [metric.name, metric.better] as const))(
  '%s counts as its definition says: %s is better',
  (name, better) => {
    expect(lowerIsBetter(name)).toBe(better === 'lower');
    const [good, bad] = better === 'lower' ? [2, 3] : [3, 2];
    expect([metricDrop(name, good, bad), metricDrop(name, bad, good)]).toEqual([1, -1]);
  },
);

it('takes what both have, and nothing is no drop', () => {
  const worst = Number.MAX_VALUE;
  expect(metricDrops({ accuracy: 1, perplexity: worst }, { perplexity: worst, mse: 1 })).toEqual({
    perplexity: 0,
  });
  expect(metricDrops({ toString: 1 } as never, {})).toEqual({});
});
