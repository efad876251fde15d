/** prune as a step: takes out what a model can do without. */
import { LlmcError } from '../errors.ts';
import type { OptionValues } from '../options/option.ts';
import { parsePattern } from '../prune/masks/pattern.ts';
import type { PruneOptions, Target } from '../prune/options.ts';
import { pruneFile } from '../prune/prune.ts';
import { refuseSenseless } from '../prune/senseless.ts';
import { isMask } from '../prune/structures.ts';
import type { LearnOptions } from '../train/options.ts';
import type { pruneOptions } from './prune.options.ts';
import { layoutOf, type RefuseStep, type RunStep, within } from './step.ts';
import { learnOptions, refuseTraining, refuseWithoutTraining } from './training.ts';

type Options = OptionValues<typeof pruneOptions>;

/** Rows that say enough about channels. */
const SAMPLES = 512;
/** Something of every group is left, and not a single channel that would have to do everything. */
const MAX_PER_LAYER = 0.9;
/** What a dry run shows without being asked for a share. */
const DRY_SHARE = 0.5;

export const run: RunStep<typeof pruneOptions> = async (options, job, context) => {
  const { input, output, force, checksum, metadata } = job;
  refuseDryRun(options);
  const asked = parse(options);
  const result = await pruneFile(
    {
      input,
      output,
      options: { ...asked, finetune: asked.finetune ? within(job, asked.finetune) : null },
      layout: layoutOf(options),
      force,
      checksum,
      metadata: () => metadata({}),
    },
    context,
  );
  return { ...result, steps: [result.step], decided: {} };
};

export const refuse: RefuseStep<typeof pruneOptions> = (options) => {
  refuseDryRun(options);
  const asked = parse(options);
  refuseSenseless(asked);
  if (asked.finetune) refuseTraining(asked.finetune);
};

function refuseDryRun({ dryRun }: Options): void {
  if (dryRun)
    throw new LlmcError('USAGE', '--dry-run writes nothing that could be gone on with', {
      hint: 'llmc prune MODEL --dry-run shows the groups',
    });
}

/** @throws LlmcError USAGE for options that contradict each other */
export function parse(options: Options): PruneOptions {
  const mask = isMask(options.structure);
  const target = targetOf(options);
  return {
    structure: options.structure,
    target,
    importance: options.importance ?? null,
    method: options.method ?? null,
    scope: options.scope ?? scopeFor(options),
    roundTo: options.roundTo ?? null,
    // Whoever asks for almost all weights gets it.
    maxPerLayer: options.maxPerLayer ?? (mask ? Math.max(MAX_PER_LAYER, target.share) : MAX_PER_LAYER),
    include: [...options.include],
    exclude: [...options.exclude],
    data: options.data,
    samples: options.samples ?? SAMPLES,
    recover: recoveryOf(options, mask),
    finetune: finetuneOf(options),
    gradual: options.gradual ?? null,
    sparseInitializers: options.sparseInitializers ?? false,
    check: options.check ?? 'full',
  };
}

/** Single weights are shared out by what can be measured; patterns take as much of every layer. */
function scopeFor({ structure, data, gradual, dryRun }: Options): PruneOptions['scope'] {
  const anywhere = isMask(structure) && parsePattern(structure) === null;
  return anywhere && data !== undefined && gradual === undefined && !dryRun ? 'sensitivity' : 'global';
}

/** Training begins where the other recovery ends. */
function recoveryOf({ recover, data }: Options, mask: boolean): PruneOptions['recover'] {
  if (recover !== undefined && recover !== 'finetune') return recover;
  return data === undefined || mask ? 'none' : 'reconstruct';
}

function finetuneOf(options: Options): LearnOptions | null {
  const { recover, data, finetuneEpochs } = options;
  if (recover !== 'finetune') {
    refuseWithoutTraining(options, '--recover finetune');
    return null;
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
