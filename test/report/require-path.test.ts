import { describe, expect, it } from 'vitest';
import { parseRequirement } from '../../src/report/require.ts';
import { evaluate } from '../../src/report/require-judge.ts';
import { pathNamed } from '../../src/report/require-path.ts';
import type { Report } from '../../src/report/schema.ts';
import { randomReport } from './random-report.ts';
import { richReport } from './rich-report.ts';
import { sampleReport } from './sample.ts';

const judge = (expression: string, report: Report = richReport()) =>
  evaluate(parseRequirement(expression), report);

/** Paths to all numbers of a report, as a requirement would name them. */
function numbersIn(node: unknown, path: string[] = []): string[][] {
  if (typeof node === 'number') return [path];
  if (Array.isArray(node)) return node.flatMap((item) => numbersIn(item, path));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, inner]) => numbersIn(inner, [...path, key]));
}

describe('requirements by path', () => {
  it.each([
    ['latencyMs.max <= 15ms', '14.2 ms', true],
    ['latencyMs.min >= 1s', '6.39 ms', false],
    ['fidelity.sqnrDb >= 30dB', '34.1 dB', true],
    ['fidelity.samples >= 100', '64', false],
    ['sizeRatio <= 0.3', '0.256x', true],
    ['speedup.low >= 1.6', '1.68x', true],
    ['metricDrop.accuracy <= 0.01', '0.003', true],
    ['latencyMs.max.ratio <= 0.6', '0.575x', true],
    ['environment.cores >= 2', '2', true],
    ['warnings.length == 0', '1', false],
    ['layers.length > 30', '40', true],
    ['layers.sqnrDb >= 40dB', '29.7 dB', false],
    ['operators.afterMs <= 4ms', 'not measured', false],
    ['tensors.largest.bytes <= 30MB', '28.0 MB (cnn.int8-dynamic)', true],
  ])('%s: %s', (expression, actual, passed) => {
    expect(judge(expression)).toEqual({ expression, actual, passed });
  });

  it('reach every number of the models of every report', () => {
    const names = new Set<string>();
    for (let seed = 0; seed < 40; seed++)
      for (const path of randomReport(seed).models.flatMap((model) => numbersIn({ ...model, metrics: {} })))
        if (path.every((segment) => /^[\w-]+$/.test(segment))) names.add(path.join('.'));
    expect(names.size).toBeGreaterThan(40);
    expect([...names].filter((name) => pathNamed(name) === null)).toEqual([]);
  });

  it('are refused where no report has a number', () => {
    for (const name of [
      'latencyMs',
      'latencyMs.p50.x',
      'fidelity.against',
      'tool.version',
      'constructor.name',
    ])
      expect(pathNamed(name)).toBeNull();
    // Known names keep their meaning.
    expect(parseRequirement('speedup >= 1').path).toBeNull();
    expect(parseRequirement('metrics.latencyMs.max >= 1').path).toBeNull();
  });

  it('fail where nothing was measured, and hold for equal outputs', () => {
    const models = sampleReport().models.map((model) => ({ ...model, latencyMs: null }));
    expect(judge('latencyMs.max <= 1s', sampleReport({ models }))).toMatchObject({
      passed: false,
      actual: 'not measured',
    });
    const [before, after] = sampleReport().models;
    if (!before || !after?.fidelity) throw new Error('the sample compares two models');
    const equal = { ...after, fidelity: { ...after.fidelity, sqnrDb: null } };
    expect(judge('fidelity.sqnrDb >= 60', sampleReport({ models: [before, equal] })).passed).toBe(true);
  });
});
