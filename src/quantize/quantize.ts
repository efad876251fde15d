/** quantize, from file to file: open, transform, save, check, account for it. */
import { stat } from 'node:fs/promises';
import { pathsNamedBy } from '../data/spec-files.ts';
import { LlmcError } from '../errors.ts';
import { sha256 } from '../onnx/checksum.ts';
import type { LayoutOptions } from '../onnx/layout.ts';
import { weightBytes } from '../onnx/layout.ts';
import { openModel } from '../onnx/read.ts';
import { tensorSizes } from '../onnx/tensor-sizes.ts';
import { requireTarget } from '../onnx/transaction.ts';
import { saveModel } from '../onnx/write.ts';
import { metricDrops } from '../report/metric-drop.ts';
import { modelRecord } from '../report/record.ts';
import type { Comparison, ModelRecord, StepRecord } from '../report/schema.ts';
import { type CheckResult, checkModel, NOTHING_CHECKED } from '../runtime/check.ts';
import type { Context } from '../step.ts';
import { curveRecord } from '../train/curve-record.ts';
import { WorkAhead } from './ahead.ts';
import { refuseContradictions } from './contradictions.ts';
import { requireFittingData } from './data-fits.ts';
import { describeLoss, worstLayers } from './layers.ts';
import type { QuantizeOptions } from './options.ts';
import type { QatOptions } from './qat/options.ts';
import { trainQuantized } from './qat/train-quantized.ts';
import { stepRecord } from './step-record.ts';
import { saturatesHere } from './target.ts';
import { transform } from './transform.ts';
import { verdict } from './verdict.ts';

/** Options that were left to llmc, as they would be asked for. */
export type Decided = Readonly<Record<string, unknown>>;

export interface QuantizeJob {
  readonly input: string;
  readonly output: string;
  readonly options: QuantizeOptions;
  readonly layout: Partial<LayoutOptions>;
  readonly force: boolean;
  /** Put checksums into the records; costs reading both files once more. */
  readonly checksum: boolean;
  /** Refuse data without labels: a requirement needs them; default false. */
  readonly labels?: boolean;
  /** Training after quantization, with the input model as teacher; null or none: no training. */
  readonly qat?: QatOptions | null;
  /** Gives entries for the metadata of the result; default none. */
  readonly metadata?: (decided: Decided) => Promise<ReadonlyMap<string, string>>;
  /** What `auto` has decided; default nothing. */
  readonly decided?: Decided;
}

export interface QuantizeResult {
  readonly decided: Decided;
  readonly path: string;
  /** `path` and its data files. */
  readonly files: readonly string[];
  readonly scheme: string;
  readonly steps: readonly StepRecord[];
  /** Before and after. */
  readonly models: readonly [ModelRecord, ModelRecord];
  readonly comparison: Comparison;
  readonly data: CheckResult['data'];
  /** Why the result could not be compared with the input model although that was asked for. */
  readonly unchecked: CheckResult['unchecked'];
}

export type FixedScheme = Exclude<QuantizeOptions['scheme'], 'auto'>;

/**
 * Quantizes `job.input` with one scheme into `job.output`; nothing is written when the check refuses the result.
 * @throws LlmcError for unreadable input, existing output, selectors without effect, results that fell apart
 */
export async function quantizeFile(
  job: QuantizeJob,
  scheme: FixedScheme,
  context: Context,
): Promise<QuantizeResult> {
  refuseContradictions(job.options);
  const ahead = new WorkAhead(context);
  try {
    return await quantizeWith(ahead, job, scheme, context);
  } finally {
    await ahead.close();
  }
}

async function quantizeWith(
  ahead: WorkAhead,
  job: QuantizeJob,
  scheme: FixedScheme,
  context: Context,
): Promise<QuantizeResult> {
  const { input, output, options } = job;
  const started = performance.now();
  const opened = openModel(input);
  const protect = [input, ...opened.externalFiles, ...pathsNamedBy(options.data ?? '')];
  const target = { protect, force: job.force };
  requireTarget(output, target);
  await requireFittingData(opened.model, options.data, job.labels ?? false);
  const before = await totalSize([input, ...opened.externalFiles]);
  const tensorsBefore = tensorSizes(opened.model);
  ahead.start(before);
  const transformed = await transform(opened.model, scheme, trainable(options, job), context);
  const { outcome } = transformed;
  if (outcome.changed.length === 0)
    context.warn(`${scheme} found nothing to change in this model; the result holds the same weights`);
  const learned = job.qat ? await trainQuantized(opened.model, input, job.qat, context) : null;
  let result: CheckResult | null = null;
  const progress = context.progress('writing', weightBytes(opened.model));
  const saved = await saveModel(opened.model, output, {
    ...job.layout,
    ...target,
    metadata: await job.metadata?.(job.decided ?? {}),
    signal: context.signal,
    onBytes: (count) => progress.tick(count),
    foresight: ahead,
    check: async (path) => {
      progress.done();
      await ahead.close();
      const candidateBytes = weightBytes(opened.model);
      const request = { ...options, level: options.check, baselineBytes: before, candidateBytes };
      result = await checkModel(input, path, { ...request, data: options.data }, context);
      const refusal = verdict(scheme === 'int4' ? `int4-${options.bits}` : scheme, result);
      if (refusal) {
        const touched = new Set(outcome.changed.map(({ what }) => what));
        await refuse(refusal, touched, input, path, job, context);
      }
    },
  });
  progress.done();
  const check = result ?? NOTHING_CHECKED;
  await warnAbout(scheme, options, saved.byteLength, before, check, context);
  const name = { before: 'before', after: scheme };
  return {
    path: saved.path,
    files: saved.files,
    scheme,
    decided: job.decided ?? {},
    steps: [
      {
        ...stepRecord(scheme, options, transformed, performance.now() - started),
        ...(learned ? curveRecord(learned) : {}),
      },
    ],
    models: [
      {
        ...(await withChecksum(modelRecord(name.before, input, before), input, job.checksum)),
        metrics: check.metrics.before,
        tensors: tensorsBefore,
      },
      {
        ...(await withChecksum(
          modelRecord(name.after, saved.path, saved.byteLength),
          saved.path,
          job.checksum,
        )),
        metrics: check.metrics.after,
        tensors: tensorSizes(opened.model),
        fidelity: check.fidelity,
      },
    ],
    comparison: {
      baseline: name.before,
      candidate: name.after,
      sizeRatio: saved.byteLength / before,
      speedup: check.speed && { ...check.speed, verdict: verdictOf(check.speed) },
      metricDrop: metricDrops(check.metrics.before, check.metrics.after),
    },
    data: check.data,
    unchecked: check.unchecked,
  };
}

/** Codes that training changes know nothing of pairs that are bounded together: seven bits need no such bounds. */
function trainable(options: QuantizeOptions, { qat }: QuantizeJob): QuantizeOptions {
  const exempt = options.target === 'x64-vnni' || options.target === 'arm64';
  return qat && !exempt ? { ...options, reduceRange: true } : options;
}

async function withChecksum(record: ModelRecord, path: string, wanted: boolean): Promise<ModelRecord> {
  return wanted ? { ...record, sha256: await sha256(path) } : record;
}

function verdictOf({ low, high }: { low: number; high: number }): 'faster' | 'slower' | 'no difference' {
  return low > 1 ? 'faster' : high < 1 ? 'slower' : 'no difference';
}

const SHOWN_LAYERS = 5;

/** Refuses a result with the layers that cost most; --force keeps it, with a warning. */
async function refuse(
  reason: string,
  touched: ReadonlySet<string>,
  before: string,
  after: string,
  job: QuantizeJob,
  context: Context,
): Promise<void> {
  const all = await worstLayers(before, after, job.options.data, context).catch(() => []);
  // Noise grows in operators nobody touched; what can be excluded is what was quantized.
  const own = all.filter((layer) => touched.has(layer.node));
  const layers = (own.length > 0 ? own : all).slice(0, SHOWN_LAYERS);
  const list = layers.map((layer) => `  ${describeLoss(layer)}`);
  const worst = list.length > 0 ? `\nthe layers that lose most:\n${list.join('\n')}` : '';
  if (job.force) {
    context.warn(`kept because of --force although ${reason}${worst}`);
    return;
  }
  const first = layers[0]?.node.replace(/ \(.*\)$/, '');
  throw new LlmcError('CHECK_FAILED', `the result is refused: ${reason}${worst}`, {
    hint: `keep the worst layers as they are${first ? ` (--exclude '${first}')` : ' with --exclude'}, judge it on real inputs with --data, or use --force`,
  });
}

async function totalSize(files: readonly string[]): Promise<number> {
  let total = 0;
  for (const file of files) total += (await stat(file)).size;
  return total;
}

/** What a user must not find out in production: slower, larger, or different numbers on another CPU. */
async function warnAbout(
  scheme: FixedScheme,
  options: QuantizeOptions,
  after: number,
  before: number,
  check: CheckResult,
  context: Context,
): Promise<void> {
  // Within a percent nobody would call it larger or slower.
  if (after > before * 1.01)
    context.warn(`the result is larger than the input model (${(after / before).toFixed(2)}x)`);
  if (check.speed && check.speed.high < 1 && check.speed.estimate < 0.97)
    context.warn(
      `the result is slower than the input model on this machine (${(1 / check.speed.estimate).toFixed(2)}x the time); --scheme auto measures the alternatives`,
    );
  const explicit = options.weightType === 'int8' || options.target === 'x64-vnni' || options.parity !== null;
  if (scheme === 'int8-dynamic' && explicit && !options.reduceRange && (await saturatesHere(context.threads)))
    context.warn(
      'this CPU has no VNNI: sums of signed 8-bit products saturate here, and accuracy measured here is too low; --target auto or portable avoids it',
    );
}
