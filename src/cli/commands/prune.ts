/** `llmc prune`: takes out what a model can do without, from file to file. */
import type { PruneOptions } from '../../prune/options.ts';
import { groupsText } from '../../prune/plan-view.ts';
import { planPruning } from '../../prune/prune.ts';
import { parse, run as prune } from '../../steps/prune.ts';
import type { Handler } from '../command.ts';
import type { CommandIo } from '../io.ts';
import { checkedResult } from './measures.ts';
import type { pruneSpec } from './prune.options.ts';
import { runStep } from './step.ts';

export const run: Handler<typeof pruneSpec> = async ({ operands, options, given }, io) => {
  const parsed = parse(options);
  if (options.dryRun) return await showPlan(operands.model, parsed, io);
  const labels = io.measures(checkedResult(options.check ?? 'full', { data: options.data }));
  const output = options.output ?? `${operands.model.replace(/\.onnx$/i, '')}.pruned.onnx`;
  const files = { input: operands.model, output, labels, step: 'prune', given };
  return await runStep(
    `prune --structure ${options.structure}`,
    files,
    (job) => prune(options, job, io.context),
    io,
  );
};

async function showPlan(model: string, options: PruneOptions, io: CommandIo): Promise<number> {
  const { groups, frozen, notes } = await planPruning(model, options, io.context);
  if (io.common.json) io.stdout(`${JSON.stringify({ groups, frozen, notes }, null, 2)}\n`);
  else io.stdout(`${groupsText(groups, frozen)}\n${notes.map((note) => `${note}\n`).join('')}`);
  return 0;
}
