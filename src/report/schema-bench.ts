/** What a benchmark adds to the report when asked: cold starts, concurrency, capacity, sweeps. Part of schema.ts. */
import { z } from 'zod';

const nonNegative = z.number().nonnegative();

/** A ratio of times with its interval. */
export const speedupSchema = z.object({
  estimate: nonNegative,
  low: nonNegative,
  high: nonNegative,
  verdict: z.enum(['faster', 'slower', 'no difference']),
});

/** Milliseconds from the start of a process to its first answer, and what they were spent on; medians. */
export const coldStartSchema = z.object({
  totalMs: nonNegative,
  processMs: nonNegative.describe('until Node and onnxruntime are there'),
  loadMs: nonNegative.describe('to load the model, file cache warm'),
  firstRunMs: nonNegative,
  samples: z.int().nonnegative().describe('processes started'),
});

/** Several processes that answer requests back to back, each with a session of its own; times of the whole request. */
export const concurrencyLevelSchema = z.object({
  workers: z.int().positive().describe('processes at once'),
  threads: z.int().positive().describe('of each process'),
  cores: z.int().positive().describe('cores they can keep busy: workers x threads, or all there are'),
  p50Ms: nonNegative,
  p90Ms: nonNegative,
  p99Ms: nonNegative,
  p995Ms: nonNegative,
  p99AtMostMs: nonNegative
    .nullable()
    .describe('upper end of a one-sided 95 % interval of p99; null with too few requests'),
  requests: z.int().nonnegative().describe('while all workers were busy'),
  seconds: nonNegative,
  throughput: nonNegative.describe('requests per second, of all workers'),
  throughputLow: nonNegative.describe('98 % interval'),
  throughputHigh: nonNegative,
});

/** What a model needs to serve a rate of requests. */
export const capacityPlanSchema = z.object({
  model: z.string(),
  atOnce: z
    .int()
    .positive()
    .nullable()
    .describe('the level chosen: processes on one machine; null when none will do'),
  processes: z.int().positive().nullable().describe('in all'),
  cores: z.int().positive().nullable(),
  utilization: nonNegative.nullable().describe('share of the time that processes are busy'),
  p99Ms: nonNegative.nullable().describe('waiting included, at most'),
  uncertain: z.boolean().describe('true when too few requests were measured to be sure of the p99'),
  reason: z.string().nullable().describe('why no level will do'),
});

export const capacitySchema = z.object({
  rate: nonNegative.describe('requests per second'),
  p99Ms: nonNegative.describe('the bound'),
  plans: z.array(capacityPlanSchema),
});

/** Models at one point of a sweep. */
export const sweepPointSchema = z.object({
  at: z.record(z.string(), z.number()).describe('batch, threads, sizes of symbolic dims'),
  rows: z.int().nonnegative().describe('rows per run'),
  models: z.array(
    z.object({
      name: z.string(),
      p50Ms: nonNegative,
      p99Ms: nonNegative,
      throughput: nonNegative.nullable().describe('rows per second'),
      speedup: speedupSchema.nullable().describe('against the first model at this point; null for itself'),
    }),
  ),
});

export type ColdStart = z.output<typeof coldStartSchema>;
export type ConcurrencyLevel = z.output<typeof concurrencyLevelSchema>;
export type CapacityPlan = z.output<typeof capacityPlanSchema>;
export type Speedup = z.output<typeof speedupSchema>;
export type SweepPoint = z.output<typeof sweepPointSchema>;
