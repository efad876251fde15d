import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { parseRequirement } from '../../src/report/require.ts';
import { evaluate } from '../../src/report/require-judge.ts';
import { latency, model, sampleReport } from './sample.ts';

const judge = (expression: string, report = sampleReport()) => evaluate(parseRequirement(expression), report);

function refusal(action: () => unknown): LlmcError {
  try {
    action();
  } catch (error) {
    if (error instanceof LlmcError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('requirements', () => {
  it.each([
    ['accuracy.drop <= 1%', true, '0.003 (0.3%)'],
    ['accuracy.drop <= 0.002', false, '0.003 (0.3%)'],
    ['accuracy >= 90%', true, '0.909'],
    ['speedup >= 1.3', true, '1.74x'],
    ['speedup>=1.3x', true, '1.74x'],
    ['speedup >= 130%', true, '1.74x'],
    ['speedup > 2', false, '1.74x'],
    ['size <= 25MB', false, '112 MB'],
    ['size <= 112000000', true, '112 MB'],
    ['size < 112000000', false, '112 MB'],
    ['size == 112MB', true, '112 MB'],
    ['size != 112MB', false, '112 MB'],
    ['size <= 106.8 MiB', false, '112 MB'],
    ['size <= 106.9MiB', true, '112 MB'],
    ['size.ratio <= 0.3', true, '0.256x'],
    ['size.ratio <= 20%', false, '0.256x'],
    ['size.drop >= 300MB', true, '326 MB'],
    ['sqnr >= 20dB', true, '34.1 dB'],
    ['sqnr >= 40 dB', false, '34.1 dB'],
    ['SQNR >= 20db', true, '34.1 dB'],
    ['p50 <= 5ms', false, '7.10 ms'],
    ['p99 <= 0.1 s', true, '10.6 ms'],
    ['p50.ratio <= 0.6', true, '0.575x'],
    ['cosine >= 0.99', true, '0.99981'],
    ['agreement >= 99%', true, '99.2%'],
    ['agreement >= 0.995', false, '99.2%'],
    ['peakRss <= 1GB', true, '300 MB'],
    ['loadMs <= 100', true, '90.0 ms'],
    ['throughput >= 100', true, '141 rows/s'],
    ['parameters <= 109M', true, '109 M'],
    ['gzip <= 1MB', false, 'not measured'],
    ['perplexity <= 7', false, 'not measured'],
    ['gzip.ratio <= 1', false, 'not measured'],
  ])('%s is %s with %s', (expression, passed, actual) => {
    expect(judge(expression)).toEqual({ expression, passed, actual });
  });

  it.each([
    ['size', 'is no requirement', 'NAME OPERATOR VALUE'],
    ['size <=', 'is no requirement', 'NAME OPERATOR VALUE'],
    ['<= 3', 'is no requirement', 'NAME OPERATOR VALUE'],
    ['size =< 3', 'is no requirement', 'NAME OPERATOR VALUE'],
    ['size <= 1.2.3', 'is no requirement', 'NAME OPERATOR VALUE'],
    ['size <= 3 ; rm', 'is no requirement', 'NAME OPERATOR VALUE'],
    ['size <= 5ms', 'unit "ms"', 'KB, MB, GB'],
    ['p50 <= 5MB', 'unit "MB"', 'ms, s'],
    ['sqnr >= 20%', 'unit "%"', 'dB'],
    ['size.ratio <= 3MB', 'unit "MB"', 'x, %'],
    ['acuracy.drop <= 1%', 'did you mean "accuracy"', 'known names: size, gzip'],
    ['speedpu >= 2', 'did you mean "speedup"', 'metrics.speedpu'],
  ])('refuses %s', (expression, message, hint) => {
    const error = refusal(() => parseRequirement(expression));
    expect(error.code).toBe('REQUIREMENT');
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  it('takes any key of the metrics, and refuses one that no model has', () => {
    const metrics = { bleu4: 31.5 };
    const report = sampleReport({ models: [model('a', { metrics })], comparisons: [] });
    expect(judge('bleu4 >= 30', report)).toMatchObject({ passed: true, actual: '31.5' });
    expect(judge('metrics.bleu4 >= 30', report)).toMatchObject({ passed: true });
    const error = refusal(() => judge('rougeL >= 30', report));
    expect(error.hint).toContain('bleu4');
    for (const name of ['toString', 'constructor', '__proto__', 'metrics.constructor']) {
      expect(refusal(() => judge(`${name} >= 1`, report)).code).toBe('REQUIREMENT');
    }
  });

  it('takes numbers for equal that differ by the rounding of floats', () => {
    const at = (accuracy: number) => ({ metrics: { accuracy } });
    const models = [model('base', at(0.91)), model('small', at(0.9))];
    const report = sampleReport({ models, comparisons: [] });
    for (const [operator, passed] of Object.entries({ '<=': true, '==': true, '<': false, '!=': false }))
      expect(judge(`accuracy.drop ${operator} 1%`, report)).toMatchObject({ passed });
    expect(judge('accuracy.drop <= 0.99999%', report)).toMatchObject({ passed: false });
  });

  it('must hold for every candidate and names the worst', () => {
    const models = [model('base'), model('good', { sizeBytes: 400 }), model('bad', { sizeBytes: 900 })];
    const report = sampleReport({ models, comparisons: [] });
    expect(judge('size <= 500', report)).toMatchObject({ passed: false, actual: '900 B (bad)' });
    expect(judge('size <= 950', report)).toMatchObject({ passed: true, actual: '900 B (bad)' });
    expect(judge('size.ratio >= 0.5', report)).toMatchObject({ passed: false, actual: '0.400x (good)' });
  });

  it('judges the model itself where nothing is compared', () => {
    const report = sampleReport({ models: [model('only', { latencyMs: latency(3) })], comparisons: [] });
    expect(judge('p50 <= 3ms', report).passed).toBe(true);
    expect(judge('p50.ratio <= 3', report)).toMatchObject({ passed: false, actual: 'not measured' });
  });

  it('fails without any model', () => {
    expect(judge('size >= 0', sampleReport({ models: [], comparisons: [] })).passed).toBe(false);
  });

  it('takes equal outputs as better than any number of decibels', () => {
    const [base, made] = sampleReport().models;
    if (!base || !made?.fidelity) throw new Error('the sample has two models');
    const models = [base, { ...made, fidelity: { ...made.fidelity, sqnrDb: null } }];
    expect(judge('sqnr >= 200dB', sampleReport({ models }))).toMatchObject({ passed: true, actual: 'equal' });
  });

  it('takes a ratio of medians for the speed-up where none was measured in turns', () => {
    const models = [model('a', { latencyMs: latency(4) }), model('b', { latencyMs: latency(2) })];
    expect(judge('speedup == 2', sampleReport({ models, comparisons: [] })).passed).toBe(true);
  });
});
