import { describe, expect, it } from 'vitest';
import { compareReports } from '../../src/report/against.ts';
import { groupModels } from '../../src/report/groups.ts';
import { mergeReports } from '../../src/report/merge.ts';
import { richReport } from './rich-report.ts';
import { latency, model, sampleReport } from './sample.ts';

describe('merging reports', () => {
  it('keeps a single report as it is', () => {
    const report = sampleReport();
    expect(mergeReports([{ name: 'a.json', report }])).toEqual(report);
  });

  it('tells equal names apart everywhere', () => {
    const report = sampleReport();
    const merged = mergeReports([
      { name: 'a.json', report },
      { name: 'b.json', report },
    ]);
    const names = merged.models.map(({ name }) => name);
    expect(new Set(names).size).toBe(4);
    expect(groupModels(merged).map(({ baseline, candidates }) => [baseline.name, candidates.length])).toEqual(
      [
        ['cnn [a.json]', 1],
        ['cnn [b.json]', 1],
      ],
    );
    expect(merged.models.at(-1)?.fidelity?.against).toBe('cnn [b.json]');
  });

  it('joins sweeps and plans for the same demand, under the names that tell models apart', () => {
    const report = richReport();
    const { capacity } = report;
    if (!capacity) throw new Error('there is no capacity to merge');
    const third = { ...report, capacity: { ...capacity, rate: capacity.rate * 2 } };
    const merged = mergeReports([
      { name: 'a', report },
      { name: 'b', report },
      { name: 'c', report: third },
    ]);
    const names = merged.models.map(({ name }) => name);
    expect(merged.capacity?.plans.map(({ model }) => model)).toEqual(names.slice(0, 4));
    expect(merged.sweep).toHaveLength(3 * (report.sweep?.length ?? 0));
    const swept = merged.sweep?.flatMap(({ models }) => models.map(({ name }) => name));
    expect(new Set(swept)).toEqual(new Set(names));
  });

  it('warns when the machines differ', () => {
    const report = sampleReport();
    const other = sampleReport({ environment: { ...report.environment, cpu: 'Other CPU' } });
    const parts = (second: typeof report) => [
      { name: 'a', report },
      { name: 'b', report: second },
    ];
    expect(mergeReports(parts(report)).warnings).toEqual([]);
    expect(mergeReports(parts(other)).warnings.join()).toContain('different machines');
  });
});

describe('comparing with an older report', () => {
  it('pairs models by name and says which have no partner', () => {
    const now = sampleReport({
      models: [model('kept', { sizeBytes: 500, metrics: { accuracy: 0.8 } }), model('new')],
      comparisons: [],
    });
    const before = sampleReport({
      models: [model('kept', { sizeBytes: 1000, metrics: { accuracy: 0.9 } }), model('gone')],
      comparisons: [],
    });
    const compared = compareReports({ name: 'now.json', report: now }, { name: 'old.json', report: before });
    expect(compared.comparisons).toEqual([
      {
        baseline: 'kept (before)',
        candidate: 'kept',
        sizeRatio: 0.5,
        speedup: null,
        metricDrop: { accuracy: expect.closeTo(0.1, 12) },
      },
    ]);
    expect(compared.warnings).toEqual(['gone is only in old.json', 'new is only in now.json']);
  });

  it('groups models that no comparison names by themselves', () => {
    const models = [model('a', { latencyMs: latency(1) }), model('b'), model('c')];
    const pair = { baseline: 'a', candidate: 'b', sizeRatio: 1, speedup: null, metricDrop: {} };
    const groups = groupModels({ models, comparisons: [pair] });
    expect(groups.map(({ baseline }) => baseline.name)).toEqual(['a', 'c']);
  });
});
