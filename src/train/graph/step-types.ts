/** What a training step is asked for, fed, and made of. */
import type { HostTensor } from '../../data/host-tensor.ts';
import type { Model } from '../../ir/model.ts';
import type { Objective } from '../objective.ts';
import type { Optimizer, OptimizerSettings } from '../optimizers/optimizer.ts';
import type { Carried } from '../run/carried.ts';
import type { Projection } from './hints.ts';

type Feeds = Readonly<Record<string, HostTensor>>;

export interface StepOptions {
  readonly objective: Objective;
  /** The output the losses look at. */
  readonly output: string;
  /** Names of the initializers that are trained. */
  readonly trained: ReadonlySet<string>;
  /** Weight decay of a parameter. */
  readonly decay: (name: string) => number;
  /** What the gradient of a parameter is multiplied by; default 1. */
  readonly gain?: (name: string) => number;
  readonly optimizer: Optimizer;
  readonly settings: OptimizerSettings;
  /** Largest norm of all gradients together; null for any. */
  readonly clip: number | null;
  /** Share of the average of weights that stays from step to step; null for no average. */
  readonly ema: number | null;
  readonly frozenBatchNorm: boolean;
  /** Weights that are zero stay zero. */
  readonly keepZeros: boolean;
  /** Names of tensors that may get zeros later, which then stay; none by default. */
  readonly masked?: ReadonlySet<string>;
  /** Batches whose gradients are summed up before the weights change. */
  readonly accumulate: number;
}

/** What one step is fed. */
export interface StepFeeds {
  readonly inputs: Feeds;
  readonly labels: HostTensor | null;
  /** The teachers' scores, their mean where there are several. */
  readonly scores: HostTensor | null;
  /** Values of the teacher by the names of hints. */
  readonly hints: Feeds;
}

export interface StepGraph {
  readonly model: Model;
  readonly carried: readonly Carried[];
  /** Weights that belong to the training and not to the student. */
  readonly projections: readonly Projection[];
  /** Name of the scalar loss, and of its parts. */
  readonly loss: string;
  readonly terms: ReadonlyMap<string, string>;
  /** Names of what is fed beside inputs and carried tensors; `null` where nothing is. */
  readonly feeds: {
    readonly labels: string | null;
    readonly scores: string | null;
    readonly hints: ReadonlyMap<string, string>;
    /** Scalars: `rate`, those of the optimizer, `weight <loss>`, and `apply`, which is 1 where weights change. */
    readonly scalars: ReadonlyMap<string, string>;
  };
}
