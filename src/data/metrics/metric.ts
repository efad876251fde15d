/** What a score over labelled data is: sums over batches, so that ragged batches give exact results. */
import type { HostTensor } from '../host-tensor.ts';

export interface Score {
  /** Adds one batch; `output` holds exactly as many rows as `labels`. LlmcError DATA for labels out of range. */
  add(output: HostTensor, labels: HostTensor): void;
  /** The score of everything added; null when nothing counted. */
  value(): number | null;
}

/** A score of all outputs of a batch. */
export interface WholeScore {
  add(outputs: Readonly<Record<string, HostTensor>>, labels: HostTensor): void;
  value(): number | null;
}

/** Whole numbers that a metric takes, e.g. the class that stands for a blank: `cer?blank=0`. */
export type Parameters = Readonly<Record<string, number>>;

export interface Metric {
  readonly name: string;
  readonly summary: string;
  /** Computed whenever it fits; the others only where they are asked for. */
  readonly automatic: boolean;
  /** What it takes, with the values it has without. */
  readonly parameters?: Parameters;
  /** Whether an output can be scored against these labels, from shapes and types alone. */
  fits(output: HostTensor, labels: HostTensor): boolean;
  begin(parameters: Parameters): Score;
  /** Instead of `fits` and `begin`, for metrics that look at all outputs together. */
  readonly beginWhole?: () => WholeScore;
}

/** Positions with this label do not count (the convention of PyTorch's losses). */
export const IGNORED_LABEL = -100;
