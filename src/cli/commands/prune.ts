/** `llmc prune`: takes out what a model can do without, from file to file. */
import { LlmcError } from '../../errors.ts';
import { parsePattern } from '../../prune/masks/pattern.ts';
import type { PruneOptions, Target } from '../../prune/options.ts';
import { groupsText } from '../../prune/plan-view.ts';
import { planPruning, pruneFile } from '../../prune/prune.ts';
import { isMask } from '../../prune/structures.ts';
import type { Report } from '../../report/schema.ts';
import { environment } from '../../runtime/environment.ts';
import type { LearnOptions } from '../../train/options.ts';
import type { Handler, Invocation } from '../command.ts';
import type { CommandIo } from '../io.ts';
import { checkedResult } from './measures.ts';
import type { pruneSpec } from './prune.options.ts';
import { learnOptions } from './training.ts';

type Options = Invocation<typeof pruneSpec>['options'];

/** Rows that say enough about channels. */
const SAMPLES = 512;
/** Something of every group is left, and not a single channel that would have to do everything. */
const MAX_PER_LAYER = 0.9;
/** What a dry run shows without being asked for a share. */
const DRY_SHARE = 0.5;

export const run: Handler<typeof pruneSpec> = async ({ operands, options }, io) => {
  const parsed = parse(options);
  const command = `prune --structure ${options.structure}`;
  if (options.dryRun) return await showPlan(operands.model, parsed, io);
  io.measures(checkedResult(options.check ?? 'full', { data: options.data }));
  const result = await pruneFile(
    {
      input: operands.model,
      output: options.output ?? `${operands.model.replace(/\.onnx$/i, '')}.pruned.onnx`,
      options: parsed,
      layout: {
        externalData: options.externalData,
        alignBytes: options.align,
        shardBytes: options.shardSize ?? null,
      },
      force: io.common.force,
      checksum: io.common.json || io.common.report.length > 0,
    },
    io.context,
  );
  const report: Report = {
    version: 1,
    tool: io.tool,
    command,
    environment: await environment(io.context.threads),
    data: result.data,
    models: [...result.models],
    comparisons: [result.comparison],
    steps: [result.step],
    requirements: [],
    warnings: [],
  };
  const code = await io.finish(report);
  if (!io.common.json && !io.common.quiet) io.stderr(`wrote ${result.path}\n`);
  return code;
};

async function showPlan(model: string, options: PruneOptions, io: CommandIo): Promise<number> {
  const { groups, frozen, notes } = await planPruning(model, options, io.context);
  if (io.common.json) io.stdout(`${JSON.stringify({ groups, frozen, notes }, null, 2)}\n`);
  else io.stdout(`${groupsText(groups, frozen)}\n${notes.map((note) => `${note}\n`).join('')}`);
  return 0;
}

function parse(options: Options): PruneOptions {
  const mask = isMask(options.structure);
  const target = targetOf(options);
  return {
    structure: options.structure,
    target,
    importance: options.importance ?? null,
    method: options.method ?? null,
    scope: options.scope ?? 'global',
    roundTo: options.roundTo ?? null,
    // Whoever asks for almost all weights gets it.
    maxPerLayer: options.maxPerLayer ?? (mask ? Math.max(MAX_PER_LAYER, target.share) : MAX_PER_LAYER),
    include: [...options.include],
    exclude: [...options.exclude],
    data: options.data,
    samples: options.samples ?? SAMPLES,
    recover: recoveryOf(options, mask),
    finetune: finetuneOf(options),
    check: options.check ?? 'full',
  };
}

/** Training begins where the other recovery ends. */
function recoveryOf({ recover, data }: Options, mask: boolean): PruneOptions['recover'] {
  if (recover !== undefined && recover !== 'finetune') return recover;
  return data === undefined || mask ? 'none' : 'reconstruct';
}

function finetuneOf(options: Options): LearnOptions | null {
  const { recover, data, finetuneEpochs } = options;
  if (recover !== 'finetune') {
    if (finetuneEpochs === undefined) return null;
    throw new LlmcError('USAGE', '--finetune-epochs is for --recover finetune', {
      hint: 'add --recover finetune',
    });
  }
  if (data === undefined)
    throw new LlmcError('USAGE', '--recover finetune trains on data', { hint: 'give rows with --data' });
  return learnOptions({ ...options, epochs: finetuneEpochs ?? 1 }, data, null);
}

function targetOf({ structure, sparsity, macs, params, latency, dryRun }: Options): Target {
  const stated = Object.entries({ sparsity, macs, params, latency }).filter(
    ([, share]) => share !== undefined,
  );
  const [first, ...more] = stated;
  if (more.length > 0)
    throw new LlmcError('USAGE', `${stated.map(([name]) => `--${name}`).join(' and ')} cannot both be met`, {
      hint: 'give one of them',
    });
  if (first) return { measure: first[0] as Target['measure'], share: first[1] as number };
  const pattern = parsePattern(structure);
  if (pattern) return { measure: 'sparsity', share: 1 - pattern.kept / pattern.of };
  if (dryRun) return { measure: 'sparsity', share: DRY_SHARE };
  throw new LlmcError('USAGE', 'how much is to go?', {
    hint: 'one of --sparsity 0.3, --macs 50%, --params 50%, --latency 0.6x; --dry-run only shows what there is',
  });
}
