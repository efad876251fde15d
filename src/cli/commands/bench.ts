/** `llmc bench`: models side by side, the first one as the baseline. */
import { availableParallelism } from 'node:os';
import { type BenchOptions, bench } from '../../bench/bench.ts';
import { workerThreads } from '../../bench/concurrency.ts';
import { parseSweep } from '../../bench/sweep-axes.ts';
import { loadMetrics } from '../../data/metrics/wanted.ts';
import { LlmcError } from '../../errors.ts';
import type { Report } from '../../report/schema.ts';
import type { Handler, Invocation } from '../command.ts';
import { commitOf } from '../commit.ts';
import type { RunContext } from '../context.ts';
import type { benchSpec } from './bench.options.ts';
import { benchmark } from './measures.ts';
import { addToHistory, readHistory, requireHistory, withTrends } from './report-history.ts';

export const run: Handler<typeof benchSpec> = async ({ operands, options }, io) => {
  const paths = [operands.baseline, ...operands.candidate];
  const { gzip, coldStart, data, runtime } = options;
  const memory = options.memory && runtime !== 'web';
  if (options.history !== undefined) requireHistory(options.history);
  await loadMetrics(options.metric);
  const labels = io.measures(
    benchmark({ gzip, memory, coldStart, data, metrics: options.metric, runtime, models: paths.length }),
  );
  const request: BenchOptions = {
    labels,
    metrics: options.metric,
    dims: options.dim,
    gzip: options.gzip,
    memory: options.memory,
    profile: options.profile,
    coldStart,
    sweep: parseSweep(options.sweep),
    ...crowd(options, io.context),
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.runs === undefined ? {} : { runs: options.runs }),
    ...(options.time === undefined ? {} : { timeMs: options.time * 1000 }),
    ...(options.warmup === undefined ? {} : { warmup: options.warmup }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(options.provider === undefined ? {} : { provider: options.provider }),
    ...(options.batch === undefined ? {} : { batch: options.batch }),
  };
  const result = await bench(paths, request, io.context);
  const report: Report = {
    version: 1,
    tool: io.tool,
    command: 'bench',
    ...result,
    steps: [],
    requirements: [],
    warnings: [],
  };
  const { history, commit } = options;
  if (history === undefined) return io.finish(report);
  const amend = (judged: Report): Report => {
    addToHistory(history, judged, commit ?? commitOf(io.env, '.'));
    return withTrends(judged, readHistory(history));
  };
  return io.finish(report, { amend });
};

/** Numbers of processes at once; powers of two up to the cores where only a rate is given. */
function crowd(
  { concurrency, rate, p99 }: Invocation<typeof benchSpec>['options'],
  context: RunContext,
): Pick<BenchOptions, 'concurrency' | 'demand'> {
  if ((rate === undefined) !== (p99 === undefined))
    throw new LlmcError('USAGE', `--${rate === undefined ? 'p99' : 'rate'} alone says too little`, {
      hint: 'give both: --rate 200 --p99 50 asks for 200 requests/s, 99 of 100 answered within 50 ms',
    });
  const demand = rate === undefined || p99 === undefined ? {} : { demand: { rate, p99Ms: p99 } };
  const levels = concurrency ?? (rate === undefined ? undefined : upTo(availableParallelism()));
  if (levels === undefined) return {};
  const threads = workerThreads(context);
  context.note(
    `concurrency: processes run ${threads} thread${threads === 1 ? '' : 's'} each; --threads changes that`,
  );
  return { concurrency: levels, ...demand };
}

function upTo(cores: number): number[] {
  const levels: number[] = [];
  for (let level = 1; level < cores; level *= 2) levels.push(level);
  return [...levels, cores];
}
