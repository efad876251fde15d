/** The report: one zod object that is the JSON schema, the TypeScript type and what every renderer reads. */
import { z } from 'zod';
import {
  capacitySchema,
  coldStartSchema,
  concurrencyLevelSchema,
  speedupSchema,
  sweepPointSchema,
} from './schema-bench.ts';
import { searchSchema } from './schema-search.ts';

const nonNegative = z.number().nonnegative();

/** The machine a number was measured on; ratios travel, absolute times do not. */
export const environmentSchema = z.object({
  cpu: z.string(),
  instructionSets: z
    .array(z.string())
    .describe('relevant ones only: avx2, avx512f, avx512_vnni, avx_vnni, asimddp, i8mm, ...'),
  cores: z.int().positive(),
  memoryBytes: nonNegative,
  platform: z.string().describe('os and architecture, e.g. linux-x64'),
  node: z.string(),
  onnxruntime: z.string(),
  provider: z.string().default('cpu'),
  threads: z
    .int()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('intra-op threads; null means the runtime chose'),
});

/** How often a measurement fell where; the shape of a distribution in a few numbers. */
export const histogramSchema = z.object({
  low: nonNegative.describe('left end of the first bin'),
  high: nonNegative.describe('right end of the last bin'),
  counts: z.array(z.int().nonnegative()).describe('measurements in each of the equally wide bins'),
  above: z.int().nonnegative().default(0).describe('measurements above the last bin'),
});

/** Milliseconds of one inference call; `samples` is how many calls were timed. */
export const latencySchema = z.object({
  p50: nonNegative,
  p90: nonNegative,
  p95: nonNegative,
  p99: nonNegative,
  mean: nonNegative,
  min: nonNegative,
  max: nonNegative,
  samples: z.int().nonnegative(),
  runsPerSample: z
    .int()
    .positive()
    .optional()
    .describe('above 1 where runs are shorter than the clock can tell'),
  histogram: histogramSchema.optional().describe('milliseconds'),
});

/** How close a model's outputs are to the baseline's on the same inputs. */
export const fidelitySchema = z.object({
  against: z.string().describe('name of the baseline model'),
  sqnrDb: z
    .number()
    .nullable()
    .describe('10 log10(signal power / error power); null when the outputs are equal (infinite)'),
  cosine: z.number().nullable(),
  maxAbsError: nonNegative,
  agreement: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('share of rows (of a sequence: positions) with the same top choice; null without any'),
  answers: z.int().nonnegative().optional().describe('rows or positions that agreement was counted over'),
  closeCalls: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'share of answers that noise as small as was measured is expected to change, by how close the calls are',
    ),
  kl: nonNegative
    .nullable()
    .default(null)
    .describe('mean KL(softmax(baseline) || softmax(candidate)) over the same rows, in nats'),
  samples: z.int().nonnegative().describe('rows compared'),
  synthetic: z.boolean().describe('true when the inputs were generated, not real data'),
  outputs: z
    .record(
      z.string(),
      z.object({ sqnrDb: z.number().nullable(), cosine: z.number().nullable(), maxAbsError: nonNegative }),
    )
    .default({}),
});

/** What the bytes of a model are: its largest tensors by name, the others by type. */
export const tensorSizesSchema = z.object({
  largest: z.array(z.object({ name: z.string(), dtype: z.string(), bytes: nonNegative })),
  others: z
    .array(z.object({ dtype: z.string(), count: z.int().nonnegative(), bytes: nonNegative }))
    .default([])
    .describe('all tensors that are not among the largest'),
});

export const modelRecordSchema = z.object({
  name: z.string(),
  path: z.string(),
  sha256: z.string().nullable().default(null),
  sizeBytes: nonNegative.describe('model file plus external data'),
  tensors: tensorSizesSchema.optional(),
  gzipBytes: nonNegative.nullable().default(null),
  parameters: nonNegative.nullable().default(null),
  sparsity: z.number().min(0).max(1).nullable().default(null),
  macs: nonNegative.nullable().default(null),
  latencyMs: latencySchema.nullable().default(null),
  throughput: nonNegative.nullable().default(null).describe('rows per second'),
  loadMs: nonNegative.nullable().default(null),
  coldStart: coldStartSchema.optional(),
  concurrency: z.array(concurrencyLevelSchema).optional().describe('by number of processes'),
  peakRssBytes: nonNegative.nullable().default(null),
  metrics: z.record(z.string(), z.number()).default({}),
  fidelity: fidelitySchema.nullable().default(null),
});

export const comparisonSchema = z.object({
  baseline: z.string(),
  candidate: z.string(),
  sizeRatio: nonNegative.describe('candidate bytes / baseline bytes'),
  speedup: speedupSchema.nullable().describe('baseline time / candidate time with a 98 % bootstrap interval'),
  coldStart: speedupSchema.optional().describe('the same of cold starts'),
  metricDrop: z
    .record(z.string(), z.number())
    .default({})
    .describe(
      'how much worse the candidate is: baseline - candidate, or candidate - baseline where lower is better',
    ),
});

/** One thing that was deliberately left alone, and why. */
export const skippedSchema = z.object({
  what: z.string(),
  kind: z.string().default('tensor'),
  bytes: nonNegative.default(0),
  reason: z.string(),
});

/** What a pass did to the model before or after the step's own work. */
export const passRecordSchema = z.object({
  pass: z.string(),
  what: z.string().describe('the kind of change, e.g. "lifted Constant"'),
  count: z.int().nonnegative(),
  examples: z.array(z.string()).default([]).describe('the first few it was done to'),
});

const curvePointSchema = z.object({
  step: z.int().min(1),
  loss: z.number(),
  samplesPerSecond: nonNegative,
  rate: nonNegative,
  terms: z.record(z.string(), z.number()).optional(),
});

const evaluationSchema = z.object({ step: z.int().min(1), metric: z.string(), value: z.number() });

export const stepRecordSchema = z.object({
  name: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
  durationMs: nonNegative,
  /** True when an earlier run of a recipe did it, and took that long. */
  reused: z.boolean().optional(),
  changed: z.array(z.object({ what: z.string(), detail: z.string().default('') })).default([]),
  skipped: z.array(skippedSchema).default([]),
  notes: z.array(z.string()).default([]),
  passes: z.array(passRecordSchema).default([]),
  /** Of a training, step by step; thinned above 10,000 steps. */
  curve: z.array(curvePointSchema).optional(),
  /** Scores of the student on data it was not trained on. */
  evaluations: z.array(evaluationSchema).optional(),
});

/** A value that two models both compute, and what the node that makes it adds to the difference. */
export const layerSchema = z.object({
  node: z.string().describe('node of the first model: name (operator)'),
  value: z.string().describe('its output'),
  counterpart: z.string().describe('the value of the second model it was compared with'),
  matched: z
    .enum(['name', 'likeness'])
    .describe('likeness: another name, but between the same neighbours and with about the same elements'),
  order: z.int().nonnegative().describe('place in the order of computation'),
  sqnrDb: z
    .number()
    .nullable()
    .describe('10 log10(signal power / error power); null when the values are equal (infinite)'),
  inputSqnrDb: z
    .number()
    .nullable()
    .describe('the same of the worst value the node reads; null when nothing it reads differs'),
  lossDb: z.number().describe('inputSqnrDb - sqnrDb, with 144 dB (float32 itself) for what is equal'),
  addedNoise: z
    .number()
    .describe(
      'error power the node adds, relative to the power of its output; negative where it removes some',
    ),
  cosine: z.number().nullable(),
  maxAbsError: nonNegative,
  touched: z
    .boolean()
    .describe('true when the second model computes it differently, not only from other inputs'),
});

/** Time of an operator, or of all operators of a kind, before and after. */
export const operatorTimeSchema = z.object({
  op: z.string().describe('type, e.g. MatMul'),
  name: z.string().optional().describe('name of the node; absent where all of the type are added up'),
  model: z.string().optional().describe('name of the candidate; absent where there is only one'),
  beforeMs: nonNegative.nullable().describe('per run of the baseline; null when it has none of these'),
  afterMs: nonNegative.nullable().describe('per run of the candidate; null when it has none of these'),
});

/** One number of one model over the runs of a history. */
export const trendSchema = z.object({
  model: z.string(),
  quantity: z.string().describe('name as in requirements: size, p50, speedup, or the key of a task metric'),
  points: z.array(
    z.object({
      time: z.string().describe('when, ISO 8601'),
      commit: z.string().nullable(),
      value: z.number(),
      drift: z
        .enum(['better', 'worse', 'other'])
        .nullable()
        .describe('how it differs from the runs before it; null when it does not'),
    }),
  ),
});

export const requirementResultSchema = z.object({
  expression: z.string(),
  actual: z.string(),
  passed: z.boolean(),
});

export const reportSchema = z.object({
  version: z.literal(1),
  tool: z.object({ name: z.literal('llmc'), version: z.string() }),
  command: z.string().default(''),
  environment: environmentSchema,
  data: z
    .object({ source: z.string(), rows: z.int().nonnegative(), synthetic: z.boolean() })
    .nullable()
    .default(null),
  against: z.string().optional().describe('the earlier report whose models the baselines are'),
  models: z.array(modelRecordSchema).default([]),
  comparisons: z.array(comparisonSchema).default([]),
  steps: z.array(stepRecordSchema).default([]),
  layers: z.array(layerSchema).optional().describe('of llmc compare, in the order asked for'),
  suggestions: z.array(z.string()).optional().describe('what to do about the worst layers, flags included'),
  operators: z.array(operatorTimeSchema).optional().describe('the most expensive first'),
  capacity: capacitySchema.optional(),
  sweep: z.array(sweepPointSchema).optional(),
  search: searchSchema.optional().describe('of llmc tune'),
  trends: z.array(trendSchema).optional().describe('of llmc report --history'),
  requirements: z.array(requirementResultSchema).default([]),
  warnings: z.array(z.string()).default([]),
});

export type Environment = z.output<typeof environmentSchema>;
export type Histogram = z.output<typeof histogramSchema>;
export type TensorSizes = z.output<typeof tensorSizesSchema>;
export type Trend = z.output<typeof trendSchema>;
export type OperatorTime = z.output<typeof operatorTimeSchema>;
export type Latency = z.output<typeof latencySchema>;
export type Fidelity = z.output<typeof fidelitySchema>;
export type ModelRecord = z.output<typeof modelRecordSchema>;
export type Comparison = z.output<typeof comparisonSchema>;
export type Skipped = z.output<typeof skippedSchema>;
export type PassRecord = z.output<typeof passRecordSchema>;
export type StepRecord = z.output<typeof stepRecordSchema>;
export type LayerRecord = z.output<typeof layerSchema>;
export type RequirementResult = z.output<typeof requirementResultSchema>;
export type Report = z.output<typeof reportSchema>;
