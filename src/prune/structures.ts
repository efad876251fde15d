/** What can be pruned, by name; a new structure is a file and a line here. */
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';
import type { Context } from '../step.ts';
import { type MaskForm, parseForm } from './masks/form.ts';
import type { PruneOptions } from './options.ts';
import type { PruneOutcome } from './outcome.ts';

export interface Structure {
  readonly name: string;
  /** One sentence for help and reports. */
  readonly summary: string;
  /** Changes the model in place; with `dryRun` it only finds out what it would do. */
  prune(model: Model, options: PruneOptions, dryRun: boolean, context: Context): Promise<PruneOutcome>;
}

// The command line reads names and summaries for its help; what prunes is loaded by the one who prunes.
const channels = () => import('./channels/prune-channels.ts');
const blocks = () => import('./blocks/prune-blocks.ts');
const masks = () => import('./masks/prune-masks.ts');

/** Names that stand for many. */
const FORMS = ['N:M', 'RxC'];

export const structures: readonly Structure[] = [
  {
    name: 'channels',
    summary: 'channels of convolutions, neurons, hidden units: with everything that reads or makes them',
    prune: async (model, ...rest) => (await channels()).pruneChannels(model, ['channels'], ...rest),
  },
  {
    name: 'heads',
    summary: 'heads of attention',
    prune: async (model, ...rest) => (await channels()).pruneChannels(model, ['heads'], ...rest),
  },
  {
    name: 'head-width',
    summary: 'the width of heads of attention',
    prune: async (model, ...rest) => (await channels()).pruneChannels(model, ['head-width'], ...rest),
  },
  {
    name: 'width',
    summary: 'the width of what runs through all layers, over which normalizations then take their means',
    prune: async (model, ...rest) => (await channels()).pruneChannels(model, ['width'], ...rest),
  },
  {
    name: 'layers',
    summary: 'whole residual blocks, such as the attention or the feed-forward part of a layer',
    prune: async (...all) => (await blocks()).pruneBlocks(...all),
  },
  {
    name: 'unstructured',
    summary: 'single weights, which become zero',
    prune: mask,
  },
  {
    name: 'N:M',
    summary: 'single weights, so that N of every M in a row are left, e.g. 2:4',
    prune: mask,
  },
  {
    name: 'RxC',
    summary:
      'blocks of R results by C of the inputs they are sums of, e.g. 4x4, whose weights become zero together',
    prune: mask,
  },
];

async function mask(model: Model, options: PruneOptions, dryRun: boolean, context: Context) {
  const form = parseForm(options.structure) as MaskForm;
  return (await masks()).pruneMasks(model, form, options, dryRun, context);
}

/**
 * The structure of a name; forms such as `2:4` and `4x4` are names too.
 * @throws LlmcError USAGE
 */
export function structureNamed(name: string): Structure {
  const wanted = /^\d+:\d+$/.test(name) ? 'N:M' : /^\d+x\d+$/.test(name) ? 'RxC' : name;
  // `N:M` and `RxC` stand for forms and are none.
  const found = FORMS.includes(name) ? undefined : structures.find((each) => each.name === wanted);
  if (found) return found;
  throw new LlmcError('USAGE', `there is no structure '${name}'`, {
    hint: `choices: ${structures.map((each) => each.name).join(', ')} (the last two as numbers, e.g. 2:4, 4x1)`,
  });
}

/** Whether a structure is a mask: weights become zero, shapes stay. */
export function isMask(name: string): boolean {
  return parseForm(name) !== null;
}
