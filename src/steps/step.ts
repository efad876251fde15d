/** A step: what a command and an entry of a recipe have in common, from model file to model file. */
import type { LayoutOptions } from '../onnx/layout.ts';
import type { OptionTable, OptionValues } from '../options/option.ts';
import type { Decided } from '../quantize/quantize.ts';
import type { Comparison, ModelRecord, Report, StepRecord } from '../report/schema.ts';
import type { Context } from '../step.ts';
import type { LearnOptions } from '../train/options.ts';

/** What stands around a step; everything else is said by its options. */
export interface StepJob {
  readonly input: string;
  readonly output: string;
  /** The model the first of several steps began with: whom a student learns from. */
  readonly original: string;
  /** Zeros of the weights are the work of an earlier step and stay. */
  readonly masked: boolean;
  /** Write over what is there. */
  readonly force: boolean;
  /** Put checksums into the records; costs reading both files once more. */
  readonly checksum: boolean;
  /** Refuse data without labels: a requirement needs them. */
  readonly labels: boolean;
  /** Folder where a training keeps what it needs to go on after an interruption; null for none but its own. */
  readonly checkpoint: string | null;
  /** Gives what is written into the metadata of the result, with options that were left to llmc and decided by it. */
  readonly metadata: (decided: Decided) => Promise<ReadonlyMap<string, string>>;
}

export interface StepResult {
  readonly path: string;
  /** All files that were written, `path` first. */
  readonly files: readonly string[];
  /** Before and after. */
  readonly models: readonly [ModelRecord, ModelRecord];
  readonly comparison: Comparison;
  readonly steps: readonly StepRecord[];
  readonly data: Report['data'];
  /** Options that were left to llmc, as they would be asked for. */
  readonly decided: Decided;
}

/** The `run` export of a file in this folder. */
export type RunStep<O extends OptionTable> = (
  options: OptionValues<O>,
  job: StepJob,
  context: Context,
) => Promise<StepResult>;

/**
 * The `refuse` export of a file in this folder, where it has one: what can be told of the options alone.
 * @throws LlmcError USAGE for options that contradict each other
 */
export type RefuseStep<O extends OptionTable> = (options: OptionValues<O>) => void;

/** A training as the step wants it: zeros of masks stay, and it goes on where it was interrupted. */
export function within<T extends LearnOptions>(job: Pick<StepJob, 'masked' | 'checkpoint'>, learning: T): T {
  const { checkpoint, masked } = job;
  return {
    ...learning,
    keepZeros: learning.keepZeros || masked,
    ...(learning.checkpoint === null && checkpoint !== null ? { checkpoint, resume: true } : {}),
  };
}

/** Where the weights of a result go, from the options of every step that writes. */
export function layoutOf(options: {
  readonly externalData: LayoutOptions['externalData'];
  readonly align: number;
  readonly shardSize: number | undefined;
}): Partial<LayoutOptions> {
  return {
    externalData: options.externalData,
    alignBytes: options.align,
    shardBytes: options.shardSize ?? null,
  };
}
