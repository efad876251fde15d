/** Closed-loop concurrency: several processes answer requests back to back, each with a session of its own. */
import { onInterrupt } from '../cleanup.ts';
import { quantile } from '../numeric/statistics.ts';
import { seedFor } from '../random.ts';
import type { ConcurrencyLevel } from '../report/schema-bench.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import type { ModelInputs } from '../runtime/inputs.ts';
import { machineClock } from './child.ts';
import { encodeJobs, type Requests } from './concurrency-job.ts';
import { judgeWindow, quantileAtMost } from './concurrency-window.ts';
import { Worker } from './concurrency-worker.ts';
import type { Loaded } from './load.ts';
import type { MemoryJob } from './memory-job.ts';
import { about, type Subject } from './subject.ts';
import { engineOf, type Workplace } from './workplace.ts';

export interface ConcurrencyOptions {
  /** Numbers of workers, ascending. */
  readonly levels: readonly number[];
  /** Milliseconds for each model at each level; default 2,000. */
  readonly timeMs?: number;
  /** Requests at each level, unless that takes five times the time; default ten of each process. */
  readonly requests?: number;
  /** Cores of the machine. */
  readonly cores: number;
  /** Called with the process ids of workers that have just been started. */
  onWorkers?(pids: readonly number[]): void;
}

const DEFAULT_TIME_MS = 2000;
/** Processors change their pace with the load; the first part of the time is not counted. */
const SETTLE = 0.2;
/** Requests of each worker, unless that takes five times the time. */
const LEAST = 10;
const DISTINCT_FEEDS = 4;
/** From the order to the start, so that all have got it. */
const NOTICE_MS = 60;

/** Intra-op threads of a worker: one, unless it was said otherwise; more would fight for the same cores. */
export function workerThreads({ threads }: { readonly threads: number }): number {
  return threads || 1;
}

/**
 * The levels of each model, models in turn at every level. Whatever happens, no process is left. LlmcError RUNTIME naming
 * the model whose worker failed.
 */
export async function measureConcurrency(
  subjects: readonly Subject[],
  loaded: readonly Loaded[],
  inputs: ModelInputs,
  options: ConcurrencyOptions,
  context: Workplace,
): Promise<ConcurrencyLevel[][]> {
  const threads = workerThreads(context);
  const { provider } = engineOf(context);
  const jobs: MemoryJob[][] = subjects.map(() => []);
  const adapters = loaded.map(({ session }) => feedAdapter(inputs.inputs, session.inputs));
  let feeds = 0;
  for await (const batch of inputs.batches()) {
    for (const [index, { path }] of subjects.entries()) {
      const own = (loaded[index] as Loaded).session.inputs;
      const adapted = (adapters[index] as ReturnType<typeof feedAdapter>)(batch.feeds);
      jobs[index]?.push({ model: path, threads, provider, runs: 0, inputs: own, feeds: adapted });
    }
    if (++feeds === DISTINCT_FEEDS) break;
  }
  const encoded = jobs.map(encodeJobs);
  const progress = context.progress('concurrency', options.levels.length * subjects.length);
  const found: ConcurrencyLevel[][] = subjects.map(() => []);
  try {
    for (const workers of options.levels)
      for (const [index, subject] of subjects.entries()) {
        const requests = await runLevel(encoded[index] as Uint8Array, workers, options, context.signal).catch(
          (error: unknown) => {
            throw about(subject, error);
          },
        );
        const cores = Math.min(options.cores, workers * threads);
        found[index]?.push(levelOf(requests, { workers, threads, cores }, options, context.seed));
        progress.tick();
      }
  } finally {
    progress.done();
  }
  return found;
}

async function runLevel(
  jobs: Uint8Array,
  count: number,
  { timeMs = DEFAULT_TIME_MS, requests = 0, onWorkers }: ConcurrencyOptions,
  signal: AbortSignal,
): Promise<Requests[]> {
  signal.throwIfAborted();
  const workers: Worker[] = [];
  const killAll = () => {
    for (const worker of workers) worker.kill();
  };
  const done = onInterrupt(killAll);
  const heard = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: heard.signal });
  });
  // Lost races must not end the process.
  aborted.catch(() => {});
  try {
    for (let index = 0; index < count; index++) workers.push(new Worker(jobs));
    onWorkers?.(workers.flatMap(({ pid }) => pid ?? []));
    await Promise.race([aborted, Promise.all(workers.map((worker) => worker.ready()))]);
    const at = machineClock() + NOTICE_MS;
    const until = at + timeMs * (1 + SETTLE);
    const least = Math.max(LEAST, Math.ceil(requests / count));
    const shift = { at, until, least, latest: at + 5 * timeMs };
    return await Promise.race([aborted, Promise.all(workers.map((worker) => worker.work(shift)))]);
  } finally {
    heard.abort();
    await Promise.all(workers.map((worker) => worker.end()));
    done();
  }
}

function levelOf(
  requests: readonly Requests[],
  level: Pick<ConcurrencyLevel, 'workers' | 'threads' | 'cores'>,
  { timeMs = DEFAULT_TIME_MS }: ConcurrencyOptions,
  seed: number,
): ConcurrencyLevel {
  const window = judgeWindow(requests, SETTLE * timeMs, seedFor(`workers ${level.workers}`, seed));
  const at = (q: number) => quantile(window.latencies, q);
  return {
    ...level,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    p995Ms: at(0.995),
    p99AtMostMs: quantileAtMost(window.latencies, 0.99),
    requests: window.latencies.length,
    seconds: window.seconds,
    throughput: window.throughput.estimate,
    throughputLow: Math.max(0, window.throughput.low),
    throughputHigh: window.throughput.high,
  };
}
