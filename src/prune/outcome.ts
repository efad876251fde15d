/** What a structure reports of what it did. */
import type { Model } from '../ir/model.ts';
import type { PassTrace } from '../passes/pass.ts';
import type { Skipped } from '../report/schema.ts';
import type { Revision } from '../train/run/revision.ts';
import type { FrozenWeight } from './coupling/frozen-weights.ts';
import type { GroupView } from './plan-view.ts';

export interface PruneOutcome {
  readonly changed: readonly { readonly what: string; readonly detail: string }[];
  readonly skipped: readonly Skipped[];
  readonly notes: readonly string[];
  /** Why much less went than was asked for. */
  readonly shortfall?: string;
  readonly traces: readonly PassTrace[];
  /** The groups, for --dry-run and the report. */
  readonly groups: readonly GroupView[];
  /** Weights in none of the groups, which cannot lose channels where they are read. */
  readonly frozen: readonly FrozenWeight[];
  /** What is to be done while the model is trained; none where all has been done. */
  readonly later?: {
    readonly revision: Revision;
    /** What it did to the trained model. */
    changed(model: Model): PruneOutcome['changed'];
  };
}
