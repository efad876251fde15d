/** A small report as `quantize` would make it, for tests to vary. */
import { type Latency, type ModelRecord, type Report, reportSchema } from '../../src/report/schema.ts';

export function latency(p50: number): Latency {
  const spread = { p90: 1.1, p95: 1.2, p99: 1.5, mean: 1.02, min: 0.9, max: 2 };
  const rest = Object.fromEntries(Object.entries(spread).map(([key, factor]) => [key, p50 * factor]));
  return { p50, samples: 100, ...rest } as Latency;
}

export function model(name: string, init: Partial<ModelRecord> = {}): ModelRecord {
  return {
    name,
    path: `${name}.onnx`,
    sha256: null,
    sizeBytes: 1000,
    gzipBytes: null,
    parameters: null,
    sparsity: null,
    macs: null,
    latencyMs: null,
    throughput: null,
    loadMs: null,
    peakRssBytes: null,
    metrics: {},
    fidelity: null,
    ...init,
  };
}

const fidelity: NonNullable<ModelRecord['fidelity']> = {
  against: 'cnn',
  sqnrDb: 34.12,
  cosine: 0.99981,
  maxAbsError: 0.0213,
  agreement: 0.992,
  kl: null,
  samples: 64,
  synthetic: true,
  outputs: {},
};

export function sampleReport(init: Partial<Report> = {}): Report {
  return reportSchema.parse({
    version: 1,
    tool: { name: 'llmc', version: '0.1.0' },
    command: 'quantize cnn.onnx --scheme int8-dynamic',
    environment: {
      cpu: 'Test CPU',
      instructionSets: ['avx2', 'avx512_vnni'],
      cores: 2,
      memoryBytes: 16e9,
      platform: 'linux-x64',
      node: '20.0.0',
      onnxruntime: '1.30.0',
    },
    models: [
      model('cnn', {
        sizeBytes: 438_123_456,
        parameters: 109_000_000,
        latencyMs: latency(12.34),
        loadMs: 210,
        peakRssBytes: 900e6,
        throughput: 81,
        metrics: { accuracy: 0.912 },
      }),
      model('cnn.int8-dynamic', {
        sizeBytes: 112_000_000,
        parameters: 109_000_000,
        latencyMs: latency(7.1),
        loadMs: 90,
        peakRssBytes: 300e6,
        throughput: 140.8,
        metrics: { accuracy: 0.909 },
        fidelity,
      }),
    ],
    comparisons: [
      {
        baseline: 'cnn',
        candidate: 'cnn.int8-dynamic',
        sizeRatio: 0.2556,
        speedup: { estimate: 1.738, low: 1.68, high: 1.79, verdict: 'faster' },
        metricDrop: { accuracy: 0.003 },
      },
    ],
    steps: [
      {
        name: 'quantize int8-dynamic',
        durationMs: 1234,
        changed: [{ what: 'fc1', detail: 'int8 per channel' }],
        skipped: [
          { what: 'conv1.weight', bytes: 3456, reason: 'the runtime has no integer kernel for it' },
          { what: 'fc2.bias', bytes: 400, reason: 'biases stay float' },
          { what: 'fc1.bias', bytes: 4000, reason: 'biases stay float' },
        ],
      },
    ],
    ...init,
  });
}
