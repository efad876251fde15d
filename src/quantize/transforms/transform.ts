/** Transform: a change of the float model that keeps what it computes and makes it easier to quantize. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Selection } from '../../passes/selection.ts';
import type { Context } from '../../step.ts';
import type { Outcome } from '../outcome.ts';
import type { ChannelMoments } from './gaussian.ts';

export interface TransformOptions {
  /** A data spec; transforms with `needsData` refuse to work without one. */
  readonly data?: string | undefined;
  /** Rows of the data to run, at most. */
  readonly samples: number;
  /** Bits of the weights' codes, which are symmetric. */
  readonly weightBits: number;
  /** The scales of a weight where they do not follow from its bits alone: [channels] along the axis. */
  readonly weightScales?: ((node: Node, weight: number, axis: number) => Float32Array) | undefined;
  /** Whether each output channel of a weight has a scale of its own. */
  readonly perChannel: boolean;
  /** Bits of the activations' codes, with one scale per tensor; 32 where they stay floats. */
  readonly activationBits: number;
  /** Layers that are not quantized need no help. */
  readonly select: Selection;
  /** Normal distributions of values by name, where BatchNormalization told them (`batchNormMoments`). */
  readonly moments?: ReadonlyMap<string, ChannelMoments>;
}

export interface Transform {
  readonly name: string;
  readonly summary: string;
  readonly needsData: boolean;
  /** True where it helps the activations' codes at the cost of the weights'. */
  readonly forActivations: boolean;
  /** Edits the model in place; passes are done and types are known. */
  apply(model: Model, options: TransformOptions, outcome: Outcome, context: Context): Promise<void>;
}
