/** `llmc run`: a recipe, from its file to one report and an exit code. */
import { withStore } from '../../library/work-folder.ts';
import { readOptions } from '../../options/option.ts';
import { dryRun } from '../../recipe/dry-run.ts';
import { judgeOutputs } from '../../recipe/judge.ts';
import { at } from '../../recipe/located.ts';
import { type Plan, planRecipe } from '../../recipe/plan.ts';
import { runRecipe } from '../../recipe/run.ts';
import { refuseUnmeasurable } from '../../report/measurable.ts';
import { asksForMetric } from '../../report/require.ts';
import type { Report } from '../../report/schema.ts';
import { benchOptions } from '../../steps/bench.options.ts';
import type { Handler } from '../command.ts';
import type { CommandIo } from '../io.ts';
import { benchmark } from './measures.ts';
import type { runSpec } from './run.options.ts';

export const run: Handler<typeof runSpec> = async ({ operands, options }, io) => {
  const { set, model = null, output = null } = options;
  const plan = planRecipe(operands.recipe, { set, model, output });
  const labels = requireMeasurable(plan, io);
  return await withStore(options, io, async (store, index) => {
    const job = { plan, store, index, version: io.tool.version, force: io.common.force, labels };
    if (options.dryRun) {
      const shown = await dryRun(job, io.context);
      io.output(shown.document, () => shown.text);
      return 0;
    }
    const { steps, outputs, ...measured } = await runRecipe(job, io.context);
    const made: Report = {
      version: 1,
      tool: io.tool,
      command: `run ${operands.recipe}`,
      ...measured,
      steps: [...steps],
      requirements: [],
    };
    const code = await io.finish({
      ...made,
      requirements: judgeOutputs(
        plan,
        outputs.map(({ path }) => path),
        made,
      ),
    });
    if (!io.common.json && !io.common.quiet)
      for (const { path, unchanged } of outputs) io.stderr(`${unchanged ? 'unchanged' : 'wrote'} ${path}\n`);
    return code;
  });
};

/** Everything a recipe requires must be among what the last measurement gives; returns whether labels are needed. */
function requireMeasurable(plan: Plan, io: CommandIo): boolean {
  const bench = readOptions(benchOptions, plan.bench?.given ?? {});
  const data = bench.data ?? plan.data.eval ?? plan.data.validation;
  const run = benchmark({ ...bench, data, metrics: bench.metric, models: 2 });
  for (const [requirement, place] of plan.places) at(place, () => refuseUnmeasurable([requirement], run));
  const asked = io.measures(run);
  return asked || [...plan.places.keys()].some(asksForMetric);
}
