/** A report with everything a page can draw: tensors, times, operators, layers, metrics, trends, requirements. */
import { normal } from '../../src/random.ts';
import { historyEntry } from '../../src/report/history/entry.ts';
import { trendsOf } from '../../src/report/history/trends.ts';
import type { Latency, LayerRecord, ModelRecord, Report } from '../../src/report/schema.ts';
import type { ConcurrencyLevel } from '../../src/report/schema-bench.ts';
import { latency, sampleReport } from './sample.ts';

const BLOCKS = 6;

function tensors(dtype: string, bytes: number): NonNullable<ModelRecord['tensors']> {
  const names = Array.from({ length: BLOCKS }, (_, block) =>
    ['query', 'key', 'value', 'output', 'up', 'down'].map((part) => `encoder.layer.${block}.${part}.weight`),
  ).flat();
  const largest = [
    { name: 'embeddings.word.weight', dtype, bytes: bytes * 0.25 },
    ...names.map((name) => ({ name, dtype, bytes: ((/up|down/.test(name) ? 2 : 1) * bytes * 0.73) / 48 })),
  ].sort((a, b) => b.bytes - a.bytes);
  return { largest, others: [{ dtype: 'float32', count: 74, bytes: bytes * 0.02 }] };
}

function timed(p50: number, seed: number): Latency {
  const random = normal(seed);
  const counts = Array.from({ length: 24 }, (_, bin) =>
    Math.max(0, Math.round(90 * Math.exp(-(((bin - 7) / 5) ** 2)) + 4 * random())),
  );
  return { ...latency(p50), histogram: { low: p50 * 0.93, high: p50 * 1.2, counts, above: 3 } };
}

function layers(): LayerRecord[] {
  const random = normal(3);
  return Array.from({ length: 40 }, (_, order) => {
    const touched = order % 4 === 1;
    const sqnrDb = 48 - order * 0.4 + 2 * random() - (order === 17 ? 9 : 0);
    return {
      node: `/encoder/layer.${Math.floor(order / 7)}/${touched ? 'MatMul' : 'Add'}_${order} (${touched ? 'MatMul' : 'Add'})`,
      value: `value_${order}`,
      counterpart: `value_${order}`,
      matched: 'name',
      order,
      sqnrDb,
      inputSqnrDb: sqnrDb + 1,
      lossDb: 1,
      addedNoise: 10 ** (-sqnrDb / 10),
      cosine: 0.9999,
      maxAbsError: 0.01,
      touched,
    };
  });
}

/** Of a machine with four cores. */
function level(workers: number, ms: number): ConcurrencyLevel {
  const p50Ms = ms * (workers > 4 ? workers / 3.8 : 1 + 0.05 * workers);
  const throughput = (workers * 1000) / p50Ms;
  return {
    workers,
    threads: 1,
    cores: Math.min(4, workers),
    p50Ms,
    p90Ms: p50Ms * 1.1,
    p99Ms: p50Ms * 1.4,
    p995Ms: p50Ms * 1.5,
    p99AtMostMs: p50Ms * 1.5,
    requests: 500,
    seconds: 2,
    throughput,
    throughputLow: throughput * 0.94,
    throughputHigh: throughput * 1.05,
  };
}

/** The same every time. */
export function richReport(): Report {
  const base = sampleReport();
  const models = base.models.map((model, index) => ({
    ...model,
    sha256: `${index}`,
    tensors: index === 0 ? tensors('float32', model.sizeBytes) : tensors('int8', model.sizeBytes),
    coldStart: {
      totalMs: 620 - 180 * index,
      processMs: 150,
      loadMs: 420 - 180 * index,
      firstRunMs: 50,
      samples: 10,
    },
    concurrency: [1, 2, 4, 8].map((workers) => level(workers, 30 / (index + 1))),
    latencyMs: timed(model.latencyMs?.p50 ?? 1, index),
  }));
  const report: Report = {
    ...base,
    command: 'bench',
    models,
    layers: layers(),
    suggestions: ['exclude /encoder/layer.2/MatMul_17 with --exclude "/encoder/layer.2/MatMul_17"'],
    operators: [
      { op: 'MatMul', beforeMs: 9.1, afterMs: 1.2 },
      { op: 'MatMulIntegerToFloat', beforeMs: null, afterMs: 3.1 },
      { op: 'DynamicQuantizeLinear', beforeMs: null, afterMs: 0.8 },
      { op: 'LayerNormalization', beforeMs: 0.9, afterMs: 0.9 },
      { op: 'Gelu', beforeMs: 0.7, afterMs: 0.8 },
      { op: 'Gather', name: '/embeddings/Gather', beforeMs: 0.1, afterMs: null },
    ],
    sweep: [1, 4, 16].flatMap((batch) =>
      [1, 2].map((threads) => ({
        at: { batch, threads },
        rows: batch,
        models: models.map(({ name }, index) => ({
          name,
          p50Ms: ((batch + 1) * 9) / threads / (index + 1),
          p99Ms: ((batch + 1) * 11) / threads / (index + 1),
          throughput: ((index + 1) * threads * 111 * batch) / (batch + 1),
          speedup: index === 0 ? null : { estimate: 2, low: 1.9, high: 2.1, verdict: 'faster' as const },
        })),
      })),
    ),
    capacity: {
      rate: 400,
      p99Ms: 80,
      plans: [
        {
          model: models[0]?.name ?? '',
          atOnce: 4,
          processes: 16,
          cores: 16,
          utilization: 0.9,
          p99Ms: 72,
          uncertain: false,
          reason: null,
        },
        {
          model: models[1]?.name ?? '',
          atOnce: null,
          processes: null,
          cores: null,
          utilization: null,
          p99Ms: null,
          uncertain: false,
          reason: 'no level has its p99 within the bound',
        },
      ],
    },
    requirements: [
      { expression: 'accuracy.drop <= 1%', actual: '0.003 (0.3%)', passed: true },
      { expression: 'speedup >= 2', actual: '1.74x', passed: false },
    ],
    search: {
      of: 'accuracy',
      budget: 'no slow-down and a drop of accuracy of 1%',
      met: true,
      stopped: 'nothing better in 3 rounds',
      rows: { chosenOn: 500, confirmedOn: 500 },
      recipe: 'model.tuned.recipe.yaml',
      trials: [
        trial('30% pruned, int8', [0.18, 1.9, 0.006], { front: true, confirmed: true, chosen: true }),
        trial('int8', [0.26, 1.5, 0.001], { front: true, single: true, confirmed: true }),
        trial('int4 in blocks of 32', [0.15, 0.8, 0.021], { front: true, single: true, within: false }),
        trial('fp16', [0.5, 0.7, 0], { front: true, single: true, within: false }),
        trial('int8 with 4 layers in floats', [0.31, 1.4, 0.0005], { front: true }),
        trial('50% pruned, int8', [0.12, 2.4, 0.04], { front: true, within: false }),
      ],
      failures: [{ name: 'int8 with entropy', reason: 'on the data, "x" holds NaN' }],
    },
    warnings: ['inputs are generated: latency and fidelity on real data may differ'],
  };
  const random = normal(5);
  const entries = Array.from({ length: 18 }, (_, index) => {
    const run = { time: `2030-02-${10 + index}T09:00:00.000Z`, commit: `${index}`.padStart(40, 'c') };
    const jitter = (value: number) => value * (1 + 0.01 * random());
    const grown = models.map((model) => ({
      ...model,
      sizeBytes: model.sizeBytes * (index < 12 ? 1.1 : 1),
      latencyMs: { ...model.latencyMs, p50: jitter(model.latencyMs.p50) * (index === 17 ? 1.2 : 1) },
      metrics: { accuracy: jitter(0.9) },
    }));
    return historyEntry({ ...report, models: grown }, run);
  });
  return { ...report, trends: trendsOf(entries) };
}

type Trial = NonNullable<Report['search']>['trials'][number];

function trial(
  name: string,
  [sizeRatio, speedup, drop]: readonly [number, number, number],
  more: Partial<Trial>,
): Trial {
  const flags = { single: false, front: false, confirmed: false, within: true, chosen: false };
  return { name, steps: 'quantize', sizeRatio, speedup, drop, ...flags, ...more };
}
