/** What can be pruned, by name; a new structure is a file and a line here. */
import type { Model } from '../ir/model.ts';
import type { Context } from '../step.ts';
import { pruneBlocks } from './blocks/prune-blocks.ts';
import type { PruneOptions } from './options.ts';
import type { PruneOutcome } from './outcome.ts';
import { pruneChannels } from './structured/prune-channels.ts';

export interface Structure {
  readonly name: string;
  /** One sentence for help and reports. */
  readonly summary: string;
  /** Changes the model in place; with `dryRun` it only finds out what it would do. */
  prune(model: Model, options: PruneOptions, dryRun: boolean, context: Context): Promise<PruneOutcome>;
}

export const structures: readonly Structure[] = [
  {
    name: 'channels',
    summary: 'channels of convolutions, neurons, hidden units: with everything that reads or makes them',
    prune: (model, ...rest) => pruneChannels(model, ['channels'], ...rest),
  },
  {
    name: 'heads',
    summary: 'heads of attention',
    prune: (model, ...rest) => pruneChannels(model, ['heads'], ...rest),
  },
  {
    name: 'head-width',
    summary: 'the width of heads of attention',
    prune: (model, ...rest) => pruneChannels(model, ['head-width'], ...rest),
  },
  {
    name: 'width',
    summary: 'the width of what runs through all layers, over which normalizations then take their means',
    prune: (model, ...rest) => pruneChannels(model, ['width'], ...rest),
  },
  {
    name: 'layers',
    summary: 'whole residual blocks, such as the attention or the feed-forward part of a layer',
    prune: pruneBlocks,
  },
];
