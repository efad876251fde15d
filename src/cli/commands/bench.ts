/** `llmc bench`: models side by side, the first one as the baseline. */
import { type BenchOptions, bench } from '../../bench/bench.ts';
import { loadMetrics } from '../../data/metrics/wanted.ts';
import type { Handler } from '../command.ts';
import type { benchSpec } from './bench.options.ts';
import { benchmark } from './measures.ts';

export const run: Handler<typeof benchSpec> = async ({ operands, options }, io) => {
  const paths = [operands.baseline, ...operands.candidate];
  const { gzip, memory, coldStart, data } = options;
  await loadMetrics(options.metric);
  const labels = io.measures(
    benchmark({ gzip, memory, coldStart, data, metrics: options.metric, models: paths.length }),
  );
  const request: BenchOptions = {
    labels,
    metrics: options.metric,
    dims: options.dim,
    gzip: options.gzip,
    memory: options.memory,
    profile: options.profile,
    coldStart,
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.runs === undefined ? {} : { runs: options.runs }),
    ...(options.time === undefined ? {} : { timeMs: options.time * 1000 }),
    ...(options.warmup === undefined ? {} : { warmup: options.warmup }),
    ...(options.batch === undefined ? {} : { batch: options.batch }),
  };
  const result = await bench(paths, request, io.context);
  return io.finish({
    version: 1,
    tool: io.tool,
    command: 'bench',
    ...result,
    steps: [],
    requirements: [],
    warnings: [],
  });
};
