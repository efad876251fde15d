/** `llmc bench`: models side by side, the first one as the baseline. */
import { bench } from '../../bench/bench.ts';
import { loadMetrics } from '../../data/metrics/wanted.ts';
import type { Report } from '../../report/schema.ts';
import { benchRequest } from '../../steps/bench.ts';
import type { Handler } from '../command.ts';
import { commitOf } from '../commit.ts';
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
  const request = benchRequest(options, labels, io.context);
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
