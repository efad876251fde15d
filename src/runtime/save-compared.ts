/** Saves a model that came out of another one: checked against it before anything is kept, and accounted for. */
import { stat } from 'node:fs/promises';
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';
import { sha256 } from '../onnx/checksum.ts';
import { type LayoutOptions, weightBytes } from '../onnx/layout.ts';
import { measureSize } from '../onnx/model-size.ts';
import { openModel } from '../onnx/read.ts';
import type { TensorSizes } from '../onnx/tensor-sizes.ts';
import { tensorSizes } from '../onnx/tensor-sizes.ts';
import { saveModel } from '../onnx/write.ts';
import { metricDrops } from '../report/metric-drop.ts';
import { modelRecord } from '../report/record.ts';
import type { Comparison, ModelRecord } from '../report/schema.ts';
import type { Context } from '../step.ts';
import { type CheckRequest, type CheckResult, checkModel, NOTHING_CHECKED } from './check.ts';

/** Gives entries for the metadata of a result, once its work is done. */
export type Metadata = () => Promise<ReadonlyMap<string, string>>;

export interface Replacement {
  /** File of the model it is compared with, and all files that one is made of. */
  readonly baseline: string;
  readonly baselineFiles: readonly string[];
  /** Tensors of the baseline, listed before the model was changed. */
  readonly baselineTensors: TensorSizes;
  readonly model: Model;
  readonly output: string;
  /** What the two are called in reports. */
  readonly names: readonly [string, string];
  readonly layout: Partial<LayoutOptions>;
  /** Gives entries for the metadata of the result; default none. */
  readonly metadata?: Metadata | undefined;
  /** Keep the result whatever the check says, and write over what is there. */
  readonly force: boolean;
  /** Files that must not be written over. */
  readonly protect: readonly string[];
  /** Put checksums into the records; costs reading both files once more. */
  readonly checksum: boolean;
  /** Compress both files to see what zeros give. */
  readonly gzip: boolean;
  readonly check: Pick<CheckRequest, 'level' | 'data' | 'samples' | 'dims'>;
}

export interface Compared {
  readonly path: string;
  /** `path` and its data files. */
  readonly files: readonly string[];
  /** Before and after. */
  readonly models: readonly [ModelRecord, ModelRecord];
  readonly comparison: Comparison;
  readonly check: CheckResult;
}

/** Bytes of models that are compressed; more takes too long. */
const MOST_COMPRESSED = 512 * 2 ** 20;

/**
 * Nothing is written when the result does not load or gives NaN.
 * @throws LlmcError CHECK_FAILED, and what saving throws
 */
export async function saveCompared(job: Replacement, context: Context): Promise<Compared> {
  const before = await totalSize(job.baselineFiles);
  let result: CheckResult | null = null;
  const progress = context.progress('writing', weightBytes(job.model));
  const saved = await saveModel(job.model, job.output, {
    ...job.layout,
    protect: job.protect,
    force: job.force,
    metadata: await job.metadata?.(),
    signal: context.signal,
    onBytes: (count) => progress.tick(count),
    check: async (path) => {
      progress.done();
      const bytes = { baselineBytes: before, candidateBytes: weightBytes(job.model) };
      result = await checkModel(job.baseline, path, { ...job.check, ...bytes }, context);
      refuseBroken(result, job);
    },
  });
  progress.done();
  const check: CheckResult = result ?? NOTHING_CHECKED;
  const [nameBefore, nameAfter] = job.names;
  const files = job.gzip ? [saved.path, ...openModel(saved.path).externalFiles] : [];
  const baseline = await recordOf(nameBefore, job.baseline, before, job.baselineFiles, job, context);
  const candidate = await recordOf(nameAfter, saved.path, saved.byteLength, files, job, context);
  return {
    path: saved.path,
    files: saved.files,
    models: [
      { ...baseline, metrics: check.metrics.before, tensors: job.baselineTensors },
      {
        ...candidate,
        metrics: check.metrics.after,
        tensors: tensorSizes(job.model),
        fidelity: check.fidelity,
      },
    ],
    comparison: {
      baseline: nameBefore,
      candidate: nameAfter,
      sizeRatio: saved.byteLength / before,
      speedup: check.speed && { ...check.speed, verdict: verdictOf(check.speed) },
      metricDrop: metricDrops(check.metrics.before, check.metrics.after),
    },
    check,
  };
}

async function recordOf(
  name: string,
  path: string,
  bytes: number,
  files: readonly string[],
  { checksum, gzip }: Replacement,
  { signal }: Context,
): Promise<ModelRecord> {
  return {
    ...modelRecord(name, path, bytes),
    sha256: checksum ? await sha256(path) : null,
    gzipBytes:
      gzip && bytes <= MOST_COMPRESSED ? (await measureSize(files, { gzip: true, signal })).gzipBytes : null,
  };
}

function refuseBroken({ nonFinite }: CheckResult, { force, names: [, name] }: Replacement): void {
  if (nonFinite.length === 0 || force) return;
  throw new LlmcError(
    'CHECK_FAILED',
    `the ${name} model gives NaN or infinities in ${nonFinite.join(', ')}`,
    {
      hint: 'nothing was written; ask for less, or use --force',
    },
  );
}

/** What an interval of speed-ups says. */
export function verdictOf({
  low,
  high,
}: {
  low: number;
  high: number;
}): 'faster' | 'slower' | 'no difference' {
  return low > 1 ? 'faster' : high < 1 ? 'slower' : 'no difference';
}

async function totalSize(files: readonly string[]): Promise<number> {
  let total = 0;
  for (const file of files) total += (await stat(file)).size;
  return total;
}
