/** Measures candidates side by side with the model that is tuned: size, time, and what was lost. */
import { type BenchResult, bench } from '../bench/bench.ts';
import type { Comparison, ModelRecord } from '../report/schema.ts';
import type { Context } from '../step.ts';
import { lossOf } from './budget.ts';
import { type Built, reasonOf } from './build.ts';
import type { Candidate, Point, Trial } from './candidate.ts';

export interface MeasurePlan {
  readonly original: string;
  /** Rows to judge by. */
  readonly data: string;
  readonly timeMs: number;
  /** The metric that counts; null for the first there is. */
  readonly metric: string | null;
  readonly dims: Readonly<Record<string, number>>;
}

export interface Failure {
  readonly candidate: Candidate;
  readonly reason: string;
}

export interface Measurement {
  readonly trials: readonly Trial[];
  readonly failures: readonly Failure[];
  /** What was measured together last, for the report. */
  readonly result: BenchResult | null;
  /** The model that is tuned, by its metric; null where there is none. */
  readonly baseline: ModelRecord | null;
}

/** Sessions that are open at the same time, beside the first model's. */
const TOGETHER = 5;

/** @param together measure all at once, so that they can be shown side by side */
export async function measureAll(
  built: readonly Built[],
  plan: MeasurePlan,
  context: Context,
  together = false,
): Promise<Measurement> {
  const made = built.filter((each): each is Built & { path: string } => each.path !== null);
  const failures: Failure[] = built
    .filter(({ path }) => path === null)
    .map(({ candidate, reason }) => ({ candidate, reason }));
  const trials: Trial[] = [];
  let last: BenchResult | null = null;
  const size = together ? Math.max(1, made.length) : TOGETHER;
  for (let from = 0; from < made.length; from += size) {
    context.signal.throwIfAborted();
    const part = made.slice(from, from + size);
    const measured = await measureTogether(part, plan, context).catch((error: unknown) => {
      reasonOf(error);
      return null;
    });
    if (measured) {
      trials.push(...measured.trials);
      last = measured.result;
      continue;
    }
    // One of them cannot be run: which one shows when each is alone.
    for (const each of part)
      try {
        const alone = await measureTogether([each], plan, context);
        trials.push(...alone.trials);
        last = alone.result;
      } catch (error) {
        failures.push({ candidate: each.candidate, reason: reasonOf(error) });
      }
  }
  return { trials, failures, result: last, baseline: last?.models[0] ?? null };
}

async function measureTogether(
  part: readonly (Built & { path: string })[],
  { original, data, timeMs, metric, dims }: MeasurePlan,
  context: Context,
): Promise<{ readonly trials: Trial[]; readonly result: BenchResult }> {
  const request = {
    data,
    timeMs,
    dims,
    gzip: false,
    memory: false,
    metrics: metric === null ? [] : [metric],
  };
  const result = await bench([original, ...part.map(({ path }) => path)], request, context);
  const [before, ...after] = result.models;
  const trials = part.flatMap(({ candidate, path }, at): Trial[] => {
    const point = before && pointOf(before, after[at], result.comparisons[at], metric);
    return point ? [{ candidate, path, point }] : [];
  });
  return { trials, result };
}

function pointOf(
  before: ModelRecord,
  after: ModelRecord | undefined,
  comparison: Comparison | undefined,
  metric: string | null,
): Point | null {
  const loss = after && lossOf(before, after, metric);
  if (!loss || !comparison) return null;
  const { estimate = 1, low = 1, high = 1 } = comparison.speedup ?? {};
  return {
    sizeRatio: comparison.sizeRatio,
    speedup: estimate,
    low,
    high,
    bytes: after.sizeBytes,
    p50Ms: after.latencyMs?.p50 ?? 0,
    ...loss,
  };
}
