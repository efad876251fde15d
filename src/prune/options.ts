/** Options of the prune step. */
import type { LearnOptions } from '../train/options.ts';
import type { Scope } from './channels/allocate.ts';

/** How much is to be left or to go. */
export type Target =
  /** Share of channels (or weights) that goes, 0 to 1. */
  | { readonly measure: 'sparsity'; readonly share: number }
  /** Share that is left, 0 to 1. */
  | { readonly measure: 'macs' | 'params' | 'latency'; readonly share: number };

export interface PruneOptions {
  readonly structure: string;
  readonly target: Target;
  readonly importance: string | null;
  /** How single weights are judged, for masks; null or none: what suits the data. */
  readonly method?: string | null;
  /** `sensitivity` is for masks. */
  readonly scope: Scope | 'sensitivity';
  /** What is left of a group is a multiple of this; null: what suits its kind. */
  readonly roundTo: number | null;
  /** Most that goes of one group or layer, 0 to 1. */
  readonly maxPerLayer: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly data: string | undefined;
  /** Rows of the data that are looked at. */
  readonly samples: number;
  readonly recover: 'none' | 'bn' | 'reconstruct';
  /** Training after all else, with the original model as teacher; null or none: no training. */
  readonly finetune?: LearnOptions | null;
  /** Moments of the training at which masks grow; null or none: masks are whole before it. */
  readonly gradual?: number | null;
  /** Store weights without their zeros where that is smaller; default false. */
  readonly sparseInitializers?: boolean;
  readonly check: 'full' | 'load' | 'none';
}
