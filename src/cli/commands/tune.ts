/** `llmc tune`: the best model under a budget, with the recipe that makes it. */
import { resolve } from 'node:path';
import { loadMetrics } from '../../data/metrics/wanted.ts';
import { EXIT } from '../../errors.ts';
import { budgetFor, makeWinner, rowsFor } from '../../library/tune.ts';
import { withStore } from '../../library/work-folder.ts';
import { openModel } from '../../onnx/read.ts';
import { requireTarget } from '../../onnx/transaction.ts';
import { factsOf } from '../../recipe/facts.ts';
import type { Report } from '../../report/schema.ts';
import type { TuneJob } from '../../tune/job.ts';
import { jobsFor } from '../../tune/jobs.ts';
import { tuneReport } from '../../tune/report.ts';
import { firstCandidates } from '../../tune/space.ts';
import { tune } from '../../tune/tune.ts';
import type { Handler } from '../command.ts';
import { benchmark } from './measures.ts';
import type { tuneSpec } from './tune.options.ts';

export const run: Handler<typeof tuneSpec> = async ({ operands, options }, io) => {
  const model = operands.model;
  const output = options.output ?? `${model.replace(/\.onnx$/i, '')}.tuned.onnx`;
  const recipe = options.recipe ?? `${output.replace(/\.onnx$/i, '')}.recipe.yaml`;
  const metric = options.metric ?? null;
  await loadMetrics(metric === null ? [] : [metric]);
  const { goal, maxDrop, maxSize, minSpeedup, maxLatency } = options;
  const budget = budgetFor({
    ...{ goal, maxDrop, minSpeedup },
    ...{ maxBytes: maxSize, maxLatencyMs: maxLatency },
  });
  const facts = await factsOf(model);
  const data = await rowsFor(options);
  if (options.dryRun) {
    const candidates = firstCandidates(facts, data.calibration !== null);
    const names = candidates.map(({ label }) => label);
    io.output({ candidates }, () => `${names.join('\n')}\n`);
    return EXIT.ok;
  }
  const { force } = io.common;
  requireTarget(output, { protect: [model, ...openModel(model).externalFiles], force });
  requireTarget(recipe, { protect: [model], force });
  const metrics = metric === null ? [] : [metric];
  io.measures(benchmark({ gzip: false, memory: false, data: data.evaluation, metrics, models: 2 }));
  return await withStore(options, io, async (store, index) => {
    const job: TuneJob = {
      model: resolve(model),
      ...data,
      budget,
      goal: goal ?? 'balanced',
      metric,
      dims: options.dim,
      trials: options.trials,
      timeMs: options.time,
      jobs: options.jobs ?? jobsFor(facts.bytes),
      prune: options.prune,
      store,
      index,
      version: io.tool.version,
    };
    const result = await tune(job, io.context);
    const made = await makeWinner({ recipe, output }, job, result, io.context);
    const report: Report = {
      version: 1,
      tool: io.tool,
      command: 'tune',
      ...tuneReport(job, result, { recipe, output }),
      steps: [...made.steps],
      requirements: [],
      warnings: [],
    };
    const code = await io.finish(report);
    if (!io.common.json && !io.common.quiet) io.stderr(`wrote ${output}, made by ${recipe}\n`);
    if (result.choice.met) return code;
    io.stderr(`the budget is not met: ${output} is what came closest\n`);
    return code === EXIT.ok ? EXIT.unmet : code;
  });
};
