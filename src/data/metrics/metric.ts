/** What a score over labelled data is: sums over batches, so that ragged batches give exact results. */
import type { HostTensor } from '../host-tensor.ts';

export interface Score {
  /** Adds one batch; `output` holds exactly as many rows as `labels`. LlmcError DATA for labels out of range. */
  add(output: HostTensor, labels: HostTensor): void;
  /** The score of everything added; null when nothing counted. */
  value(): number | null;
}

export interface Metric {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** Whether an output can be scored against these labels, from shapes and types alone. */
  fits(output: HostTensor, labels: HostTensor): boolean;
  begin(): Score;
}

/** Positions with this label do not count (the convention of PyTorch's losses). */
export const IGNORED_LABEL = -100;
