/** prune, from file to file: open, prune, save, check, account for it. */
import { pathsNamedBy } from '../data/spec-files.ts';
import type { Model } from '../ir/model.ts';
import type { LayoutOptions } from '../onnx/layout.ts';
import { openModel } from '../onnx/read.ts';
import { tensorSizes } from '../onnx/tensor-sizes.ts';
import { requireTarget } from '../onnx/transaction.ts';
import { passRecords } from '../passes/pass-records.ts';
import type { Comparison, ModelRecord, StepRecord } from '../report/schema.ts';
import type { CheckResult } from '../runtime/check.ts';
import { type Metadata, saveCompared } from '../runtime/save-compared.ts';
import type { Context } from '../step.ts';
import { curveRecord } from '../train/curve-record.ts';
import { learn } from '../train/learn.ts';
import type { PruneOptions } from './options.ts';
import type { PruneOutcome } from './outcome.ts';
import { refuseSenseless } from './senseless.ts';
import { storeSparse } from './sparse-initializers.ts';
import { isMask, structureNamed } from './structures.ts';

export interface PruneJob {
  readonly input: string;
  readonly output: string;
  readonly options: PruneOptions;
  readonly layout: Partial<LayoutOptions>;
  readonly force: boolean;
  /** Put checksums into the records; costs reading both files once more. */
  readonly checksum: boolean;
  /** Gives entries for the metadata of the result; default none. */
  readonly metadata?: Metadata;
}

export interface PruneResult {
  readonly path: string;
  /** `path` and its data files. */
  readonly files: readonly string[];
  readonly step: StepRecord;
  readonly outcome: PruneOutcome;
  /** Before and after. */
  readonly models: readonly [ModelRecord, ModelRecord];
  readonly comparison: Comparison;
  readonly data: CheckResult['data'];
}

/** Rows the result is compared on. */
const CHECKED_ROWS = 32;

/**
 * Finds out what `prune` would do.
 * @throws LlmcError as `pruneFile`, save that a model without anything to cut is no error here
 */
export async function planPruning(
  input: string,
  options: PruneOptions,
  context: Context,
): Promise<PruneOutcome> {
  refuseSenseless(options);
  return await run(openModel(input).model, options, true, context);
}

/**
 * Prunes `job.input` into `job.output`; nothing is written when the result does not run.
 * @throws LlmcError USAGE for requests that nothing can meet, and for unreadable input, existing output, selectors without effect
 */
export async function pruneFile(job: PruneJob, context: Context): Promise<PruneResult> {
  const { input, output, options, force } = job;
  refuseSenseless(options);
  const started = performance.now();
  const opened = openModel(input);
  const files = [input, ...opened.externalFiles];
  const protect = [...files, ...pathsNamedBy(options.data ?? '')];
  requireTarget(output, { protect, force });
  const baselineTensors = tensorSizes(opened.model);
  const planned = await run(opened.model, options, false, context);
  const { later } = planned;
  if (planned.shortfall !== undefined) context.warn(planned.shortfall);
  else if (planned.changed.length === 0 && !later)
    context.warn('nothing was cut: the share asked for is less than the smallest part that can go');
  const mask = isMask(options.structure);
  const learned = options.finetune
    ? await learn(
        opened.model,
        [input],
        { ...options.finetune, keepZeros: mask },
        context,
        undefined,
        later?.revision ?? null,
      )
    : null;
  const pruned = later ? { ...planned, changed: later.changed(opened.model) } : planned;
  const stored = options.sparseInitializers ? [storeSparse(opened.model)] : [];
  const outcome = { ...pruned, notes: [...pruned.notes, ...stored] };
  const { check, ...compared } = await saveCompared(
    {
      baseline: input,
      baselineFiles: files,
      baselineTensors,
      model: opened.model,
      output,
      names: ['before', 'pruned'],
      layout: job.layout,
      metadata: job.metadata,
      force,
      protect,
      checksum: job.checksum,
      // What masks give is seen in what compresses.
      gzip: mask,
      check: { level: options.check, data: options.data, samples: CHECKED_ROWS, dims: {} },
    },
    context,
  );
  if (!mask && check.speed && check.speed.high < 1 && check.speed.estimate < 0.97)
    context.warn(
      `the result is slower than the input model on this machine (${(1 / check.speed.estimate).toFixed(2)}x the time); channels in multiples of 8 or 16 (--round-to) suit its kernels better`,
    );
  return {
    ...compared,
    step: {
      ...stepOf(options, outcome, performance.now() - started),
      ...(learned ? curveRecord(learned) : {}),
    },
    outcome,
    data: check.data,
  };
}

function run(model: Model, options: PruneOptions, dryRun: boolean, context: Context): Promise<PruneOutcome> {
  return structureNamed(options.structure).prune(model, options, dryRun, context);
}

function stepOf(options: PruneOptions, outcome: PruneOutcome, durationMs: number): StepRecord {
  const { structure, target, importance, scope, roundTo, maxPerLayer, include, exclude, data, recover } =
    options;
  const { method, finetune, gradual } = options;
  return {
    name: 'prune',
    options: {
      structure,
      [target.measure]: target.share,
      ...(importance === null ? {} : { importance }),
      ...(method ? { method } : {}),
      scope,
      ...(roundTo === null ? {} : { roundTo }),
      maxPerLayer,
      ...(include.length > 0 ? { include } : {}),
      ...(exclude.length > 0 ? { exclude } : {}),
      ...(data === undefined ? {} : { data }),
      recover: finetune ? 'finetune' : recover,
      ...(finetune ? { finetuneEpochs: finetune.epochs } : {}),
      ...(gradual ? { gradual } : {}),
      ...(options.sparseInitializers ? { sparseInitializers: true } : {}),
    },
    durationMs,
    changed: outcome.changed.map((each) => ({ ...each })),
    skipped: [...outcome.skipped],
    notes: [...outcome.notes],
    passes: passRecords(outcome.traces),
  };
}
