import { describe, expect, it } from 'vitest';
import { compareReports } from '../../src/report/against.ts';
import type { Report } from '../../src/report/schema.ts';
import { latency, model, sampleReport } from './sample.ts';

type Verdict = 'faster' | 'slower' | 'no difference';

/** A benchmark of a float model of 10 ms and an int8 one that is `estimate` times as fast, give or take `error`. */
function benchmark(estimate: number, error: number, init: Partial<Report> = {}): Report {
  const verdict: Verdict = 'faster';
  return sampleReport({
    models: [
      model('float', { sha256: 'f', latencyMs: latency(10) }),
      model('int8', { sha256: `${estimate}`, latencyMs: latency(10 / estimate) }),
    ],
    comparisons: [
      {
        baseline: 'float',
        candidate: 'int8',
        sizeRatio: 0.25,
        speedup: { estimate, low: estimate / (1 + error), high: estimate * (1 + error), verdict },
        metricDrop: {},
      },
    ],
    ...init,
  });
}

const since = (now: Report, before: Report) =>
  compareReports({ name: 'now.json', report: now }, { name: 'main.json', report: before });

describe('a report against an older one', () => {
  it.each([
    [2, 1.5, 0.02, 'faster'],
    [1.5, 2, 0.02, 'slower'],
    [2, 1.95, 0.02, 'no difference'],
    [2, 1.5, 0.4, 'no difference'],
  ] as const)('compares speed-ups of %f and %f known to %f: %s', (now, before, error, verdict) => {
    const cpu = { environment: { ...sampleReport().environment, cpu: 'another machine' } };
    const { comparisons } = since(benchmark(now, error), benchmark(before, error, cpu));
    const speedup = comparisons.find(({ candidate }) => candidate === 'int8')?.speedup;
    expect(speedup?.estimate).toBeCloseTo(now / before, 10);
    expect(speedup?.verdict).toBe(verdict);
    // Both runs are uncertain, so the result is more uncertain than either.
    expect((speedup?.high ?? 0) / (speedup?.low ?? 1)).toBeGreaterThan((1 + error) ** 2);
  });

  it('does not compare times of different machines, and on one machine calls scatter no change', () => {
    const [slow, fast] = [10.8, 10].map((p50) =>
      sampleReport({ models: [model('m', { latencyMs: latency(p50) })], comparisons: [] }),
    ) as [Report, Report];
    expect(since(slow, fast).comparisons[0]?.speedup?.verdict).toBe('no difference');
    const twice = sampleReport({ models: [model('m', { latencyMs: latency(20) })], comparisons: [] });
    expect(since(twice, fast).comparisons[0]?.speedup?.verdict).toBe('slower');
    const other = { ...fast, environment: { ...fast.environment, cpu: 'another machine' } };
    expect(since(twice, other).comparisons[0]?.speedup).toBeNull();
  });

  it('finds a renamed model by its role, and none where that would be a guess', () => {
    const renamed = benchmark(2, 0.1);
    const text = JSON.stringify(renamed).replaceAll('"int8"', '"int8-new"');
    expect(since(JSON.parse(text), renamed).comparisons.map(({ baseline }) => baseline)).toEqual([
      'float (before)',
      'int8 (before)',
    ]);
    const loose = (names: string[]) =>
      sampleReport({ models: names.map((name) => model(name)), comparisons: [] });
    const guess = since(loose(['a', 'b', 'c']), loose(['a', 'd', 'e']));
    expect(guess.comparisons).toHaveLength(1);
    expect(guess.warnings).toHaveLength(4);
  });

  it('warns of requirements that are not met any more and notes those that are again', () => {
    const judged = (passed: boolean[]) =>
      benchmark(2, 0.1, {
        requirements: ['a < 1', 'b < 1', 'c < 1'].map((expression, index) => ({
          expression,
          actual: '1',
          passed: passed[index] ?? false,
        })),
      });
    const report = since(judged([true, false, true]), judged([true, true, false]));
    expect(report.warnings).toEqual(['requirement b < 1 was met in main.json and is not any more']);
    expect(report.steps.at(-1)?.notes).toEqual(['requirement c < 1 is met, which it was not in main.json']);
  });
});
