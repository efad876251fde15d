/** The commands of llmc, in the order help lists them; each handler is loaded only when its command runs. */
import { type Command, defineCommand } from './command.ts';
import { benchSpec } from './commands/bench.options.ts';
import { cacheSpec } from './commands/cache.options.ts';
import { compareSpec } from './commands/compare.options.ts';
import { completionSpec } from './commands/completion.options.ts';
import { convertSpec } from './commands/convert.options.ts';
import { demoSpec } from './commands/demo.options.ts';
import { distillSpec } from './commands/distill.options.ts';
import { initSpec } from './commands/init.options.ts';
import { inspectSpec } from './commands/inspect.options.ts';
import { opsSpec } from './commands/ops.options.ts';
import { pruneSpec } from './commands/prune.options.ts';
import { quantizeSpec } from './commands/quantize.options.ts';
import { reportSpec } from './commands/report.options.ts';
import { reproduceSpec } from './commands/reproduce.options.ts';
import { runSpec } from './commands/run.options.ts';
import { tuneSpec } from './commands/tune.options.ts';

export const commands: readonly Command[] = [
  defineCommand(inspectSpec, () => import('./commands/inspect.ts')),
  defineCommand(pruneSpec, () => import('./commands/prune.ts')),
  defineCommand(distillSpec, () => import('./commands/distill.ts')),
  defineCommand(convertSpec, () => import('./commands/convert.ts')),
  defineCommand(quantizeSpec, () => import('./commands/quantize.ts')),
  defineCommand(benchSpec, () => import('./commands/bench.ts')),
  defineCommand(compareSpec, () => import('./commands/compare.ts')),
  defineCommand(initSpec, () => import('./commands/init.ts')),
  defineCommand(runSpec, () => import('./commands/run.ts')),
  defineCommand(tuneSpec, () => import('./commands/tune.ts')),
  defineCommand(reportSpec, () => import('./commands/report.ts')),
  defineCommand(reproduceSpec, () => import('./commands/reproduce.ts')),
  defineCommand(cacheSpec, () => import('./commands/cache.ts')),
  defineCommand(opsSpec, () => import('./commands/ops.ts')),
  defineCommand(demoSpec, () => import('./commands/demo.ts')),
  defineCommand(completionSpec, () => import('./commands/completion.ts')),
];
