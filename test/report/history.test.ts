import { describe, expect, it } from 'vitest';
import { normal } from '../../src/random.ts';
import { drifts } from '../../src/report/history/drift.ts';
import { type Entry, historyEntry, parseHistory } from '../../src/report/history/entry.ts';
import { sparkline } from '../../src/report/history/trend-lines.ts';
import { driftNote, trendsOf } from '../../src/report/history/trends.ts';
import { randomReport } from './random-report.ts';
import { latency, model, sampleReport } from './sample.ts';

const run = { time: '2030-01-02T03:04:05.000Z', commit: 'c0ffee' };

/** Runs of one model with these sizes and medians. */
function runs(sizes: readonly number[], p50 = (index: number) => 10 + 0.01 * (index % 3)): Entry[] {
  return sizes.map((sizeBytes, index) => {
    const models = [model('m', { sizeBytes, latencyMs: latency(p50(index)), metrics: { accuracy: 0.9 } })];
    return historyEntry(sampleReport({ models, comparisons: [] }), run);
  });
}

describe('drift', () => {
  it('is rarely seen where there is only noise, and always where a step is', () => {
    let [alarms, found] = [0, 0];
    for (let seed = 0; seed < 200; seed++) {
      const random = normal(seed);
      const values = Array.from({ length: 30 }, () => 100 + random());
      alarms += drifts(values, 0).filter((change) => change !== null).length;
      found += drifts([...values, 112], 0).at(-1) === null ? 0 : 1;
    }
    expect(alarms / (200 * 26)).toBeLessThan(0.04);
    expect(found).toBe(200);
  });

  it('is not hidden by one odd run before', () => {
    expect(drifts([10, 10.1, 9.9, 500, 10, 10.1, 14], 0.05).at(-1)).toBeCloseTo(0.4, 1);
  });

  it('is not told from less than four runs, nor of changes below the least', () => {
    expect(drifts([1, 1, 1, 9], 0)).toEqual([null, null, null, null]);
    expect(drifts([1, 1, 1, 1, 1.004, 1.006], 0.005)).toEqual([
      null,
      null,
      null,
      null,
      null,
      expect.closeTo(0.006),
    ]);
  });
});

describe('history', () => {
  it('reads what it writes, whatever is in the report', () => {
    for (let seed = 0; seed < 30; seed++) {
      const entry = historyEntry(randomReport(seed), run);
      const line = JSON.stringify(entry);
      expect(line).not.toContain('\n');
      const again = parseHistory(`${line}\n${line}\n`, 'h.jsonl');
      expect(again).toHaveLength(2);
      expect(JSON.parse(JSON.stringify(again[0]))).toMatchObject({
        commit: 'c0ffee',
        models: expect.any(Array),
      });
      expect(() => trendsOf(again)).not.toThrow();
    }
  });

  it('leaves out lines that were cut off and refuses other files', () => {
    const line = JSON.stringify(runs([1])[0]);
    expect(parseHistory(`${line}\n${line.slice(0, 50)}\n${line}\n${line.slice(0, 20)}`, 'h')).toHaveLength(2);
    for (const text of ['# notes\n', `${line}\n{"version":1}\n`])
      expect(() => parseHistory(text, 'h.jsonl')).toThrow(
        expect.objectContaining({ code: 'DATA', message: expect.stringContaining('h.jsonl') }),
      );
  });

  it('shows what became worse and what became better', () => {
    const of = (quantity: string, entries: Entry[]) =>
      trendsOf(entries)
        .find((trend) => trend.quantity === quantity)
        ?.points.at(-1)?.drift;
    expect(of('size', runs([5, 5, 5, 5, 5, 6]))).toBe('worse');
    expect(of('size', runs([5, 5, 5, 5, 5, 4]))).toBe('better');
    expect(of('accuracy', runs([5, 5, 5, 5, 5, 4]))).toBeNull();
    expect(
      of(
        'p50',
        runs([5, 5, 5, 5, 5, 5], (index) => (index === 5 ? 12 : 10)),
      ),
    ).toBe('worse');
    const [trend] = trendsOf(runs([5e6, 5e6, 5e6, 5e6, 5e6, 6e6]));
    expect(trend && driftNote(trend)).toBe(
      'size of m drifted: 6.00 MB is 20% above the median of the runs before',
    );
  });

  it('compares times only with those of the same machine', () => {
    const entries = runs([5, 5, 5, 5, 5, 5], (index) => (index === 5 ? 20 : 10));
    const last = entries.at(-1) as Entry;
    last.environment = { ...last.environment, cpu: 'another machine' };
    const points = trendsOf(entries).map(({ quantity, points: { length } }) => [quantity, length]);
    expect(Object.fromEntries(points)).toMatchObject({ size: 6, p50: 1, accuracy: 6 });
  });

  it('draws a block for each value', () => {
    const random = normal(9);
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 2 + (round % 20) }, () => 438_123_456 * (1 + 0.1 * random()));
      expect(sparkline(values)).toHaveLength(values.length);
    }
  });

  it.each([
    [[1, 2, 3, 4, 5, 6, 7, 8], '▁▂▃▄▅▆▇█'],
    [[2, 2, 2], '▅▅▅'],
    [[1000, 1001, 1000], '▄▅▄'],
    [[], ''],
  ])('draws %j as %s', (values, chart) => {
    expect(sparkline(values)).toBe(chart);
  });
});
