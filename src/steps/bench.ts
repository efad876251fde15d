/** What `bench` is asked, from its options. */
import { availableParallelism } from 'node:os';
import type { BenchOptions } from '../bench/bench.ts';
import { workerThreads } from '../bench/concurrency.ts';
import { parseSweep } from '../bench/sweep-axes.ts';
import { LlmcError } from '../errors.ts';
import type { OptionValues } from '../options/option.ts';
import type { Context } from '../step.ts';
import type { benchOptions } from './bench.options.ts';

type Options = OptionValues<typeof benchOptions>;

/** @throws LlmcError USAGE for options that contradict each other */
export function benchRequest(options: Options, labels: boolean, context: Context): BenchOptions {
  const { runtime } = options;
  return {
    labels,
    metrics: options.metric,
    dims: options.dim,
    gzip: options.gzip,
    memory: options.memory,
    profile: options.profile,
    coldStart: options.coldStart,
    sweep: parseSweep(options.sweep),
    ...crowd(options, context),
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.runs === undefined ? {} : { runs: options.runs }),
    ...(options.time === undefined ? {} : { timeMs: options.time * 1000 }),
    ...(options.warmup === undefined ? {} : { warmup: options.warmup }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(options.provider === undefined ? {} : { provider: options.provider }),
    ...(options.batch === undefined ? {} : { batch: options.batch }),
  };
}

/** Numbers of processes at once; powers of two up to the cores where only a rate is given. */
function crowd(
  { concurrency, rate, p99 }: Options,
  context: Context,
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
