/** Advice names flags that exist, and there is none where nothing is to gain. */
import { describe, expect, it } from 'vitest';
import { longFlag } from '../../src/options/option.ts';
import { adviceFor } from '../../src/report/advice.ts';
import { renderReport } from '../../src/report/formats.ts';
import { type Report, reportSchema } from '../../src/report/schema.ts';
import { stepNamed } from '../../src/steps/table.ts';

interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly drop?: number;
  readonly slower?: boolean;
  readonly skipped?: number;
  readonly scores?: readonly number[];
}

function reportOf({ name, options, drop = 0, slower = false, skipped = 0, scores = [] }: Case): Report {
  const estimate = slower ? 0.5 : 2;
  return reportSchema.parse({
    version: 1,
    tool: { name: 'llmc', version: '0' },
    environment: {
      ...{ cpu: 'c', instructionSets: [], cores: 1, memoryBytes: 1, platform: 'p', node: '20' },
      onnxruntime: '1',
    },
    models: [
      { name: 'before', path: 'a', sizeBytes: 4000, metrics: { accuracy: 0.9 } },
      { name: 'after', path: 'b', sizeBytes: 1000, metrics: { accuracy: 0.9 - drop } },
    ],
    comparisons: [
      {
        ...{ baseline: 'before', candidate: 'after', sizeRatio: 0.25, metricDrop: { accuracy: drop } },
        speedup: { estimate, low: estimate, high: estimate, verdict: slower ? 'slower' : 'faster' },
      },
    ],
    steps: [
      {
        ...{ name, options, durationMs: 1, skipped: [{ what: 'w', bytes: skipped, reason: 'no kernel' }] },
        evaluations: scores.map((value, step) => ({ step: step + 1, metric: 'accuracy', value })),
      },
    ],
  });
}

const STEPS: readonly Pick<Case, 'name' | 'options'>[] = [
  ...['int8', 'int8-dynamic', 'int8-weights', 'int4', 'fp16', 'bf16'].flatMap((scheme) =>
    [{}, { data: 'd.npz' }, { data: 'd.npz', rounding: 'gptq' }, { keepFloat: 2 }].map((more) => ({
      name: 'quantize',
      options: { scheme, ...more },
    })),
  ),
  ...[{}, { data: 'd.npz' }, { recover: 'finetune' }, { roundTo: 8 }].map((options) => ({
    name: 'prune',
    options,
  })),
  { name: 'distill', options: {} },
];
const TROUBLES: readonly Partial<Case>[] = [
  { drop: 0.1 },
  { slower: true },
  { skipped: 900 },
  { scores: [0.1, 0.2] },
];
const cases = STEPS.flatMap((step) =>
  [...TROUBLES, Object.assign({}, ...TROUBLES)].map((trouble): Case => ({ ...step, ...trouble })),
);

describe.for(cases)('%j', (each) => {
  it('names flags that its command has, and says no more than two things', () => {
    const advice = adviceFor(reportOf(each));
    expect(advice.length).toBeLessThanOrEqual(2);
    const known = Object.values(stepNamed(each.name)?.options ?? {}).flatMap(({ forms }) =>
      forms.map(longFlag),
    );
    for (const text of advice) {
      const flags = text.match(/--[a-z][\w-]*/g) ?? [];
      expect(flags.length).toBeGreaterThan(0);
      expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
    }
  });
});

it('says something to most troubles, and nothing without any', () => {
  for (const step of STEPS) expect(adviceFor(reportOf(step))).toEqual([]);
  const answered = cases.filter((each) => adviceFor(reportOf(each)).length > 0);
  expect(answered.length).toBeGreaterThan(cases.length / 3);
});

it('is shown by text, Markdown and pages', () => {
  const suggestions = ['--rounding gptq is worth a try'];
  const report = { ...reportOf({ name: 'quantize', options: { scheme: 'int4' } }), suggestions };
  for (const format of ['text', 'markdown', 'html'] as const)
    expect(renderReport(report, format).replaceAll('\\', '')).toContain('rounding gptq is worth a try');
});
