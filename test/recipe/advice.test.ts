/** What to change next in a recipe, from what its results came to. */
import { describe, expect, it } from 'vitest';
import { adviceOf } from '../../src/recipe/advice.ts';
import { type Report, reportSchema, type StepRecord } from '../../src/report/schema.ts';

const step = (name: string, options: Record<string, unknown> = {}): StepRecord =>
  reportSchema.shape.steps.unwrap().element.parse({ name, options, durationMs: 1 });

/** One model before, and one after for each drop. */
function measured(drops: readonly number[]): Report & { warnings: string[] } {
  return reportSchema.parse({
    version: 1,
    tool: { name: 'llmc', version: '0' },
    environment: {
      ...{ cpu: 'c', instructionSets: [], cores: 1, memoryBytes: 1, platform: 'p', node: '20' },
      onnxruntime: '1',
    },
    models: [
      { name: 'before', path: 'before.onnx', sizeBytes: 4000, metrics: { accuracy: 0.9 } },
      ...drops.map((drop, at) => ({
        ...{ name: `after ${at}`, path: `${at}.onnx`, sizeBytes: 1000 },
        metrics: { accuracy: 0.9 - drop },
      })),
    ],
    comparisons: drops.map((drop, at) => ({
      ...{ baseline: 'before', candidate: `after ${at}`, sizeRatio: 0.25, metricDrop: { accuracy: drop } },
      speedup: { estimate: 2, low: 2, high: 2, verdict: 'faster' },
    })),
  });
}

const INT8 = step('quantize int8', { scheme: 'int8', data: 'd.npz' });
const PRUNE = step('prune', { macs: '60%', data: 'd.npz' });
const adviceFor = (drop: number, made: readonly StepRecord[]) =>
  adviceOf([{ path: '0.onnx', made }], measured([drop]));

describe('advice on a recipe', () => {
  it('is to train again what was cut, before anything else', () => {
    expect(adviceFor(0.2, [PRUNE, INT8])[0]).toMatch(/--recover finetune/);
    expect(adviceFor(0.2, [PRUNE, step('distill'), INT8])[0]).toMatch(/--float-share/);
    expect(adviceFor(0.2, [step('prune', { recover: 'finetune' }), INT8])[0]).toMatch(/--float-share/);
    expect(adviceFor(0.2, [INT8])[0]).toMatch(/--float-share/);
  });

  it('is not given where nothing was lost', () => {
    expect(adviceFor(0.001, [PRUNE, INT8])).toEqual([]);
    expect(adviceOf([], measured([]))).toEqual([]);
  });

  it('says which of several results it is about', () => {
    const outputs = [
      { path: '0.onnx', made: [INT8] },
      { path: '1.onnx', made: [PRUNE] },
    ];
    const said = adviceOf(outputs, measured([0, 0.1]));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^1\.onnx: /);
  });
});
