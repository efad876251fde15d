/** What `prune` can be asked, on the command line and in recipes. */

import { choice, choiceOr, flag, integer, list, real, text, value } from '../options/option-types.ts';
import { importances } from '../prune/importance/table.ts';
import { parseForm } from '../prune/masks/form.ts';
import { maskMethods } from '../prune/masks/request.ts';
import { structures } from '../prune/structures.ts';
import { parseMultiple, parsePercent } from './share.ts';
import { finetuneOptions } from './train.options.ts';
import { checkOption, writeOptions } from './write.options.ts';

export const pruneOptions = {
  structure: choiceOr(
    '--structure <name>',
    `what is taken out: ${structures.map(({ name, summary }) => `${name}: ${summary}`).join('; ')}`,
    structures.map(({ name }) => name),
    (given) => parseForm(given) !== null,
    { fallback: 'channels' },
  ),
  sparsity: real('--sparsity <share>', 'share that goes, e.g. 0.3', {}),
  macs: value('--macs <percent>', 'multiply-accumulates that are left, e.g. 50%', {}, parsePercent),
  params: value('--params <percent>', 'parameters that are left, e.g. 50%', {}, parsePercent),
  latency: value('--latency <x>', 'time that is left, measured here, e.g. 0.6x', {}, parseMultiple),
  importance: choice(
    '--importance <name>',
    `how channels are judged: ${importances.map(({ name, summary }) => `${name}: ${summary}`).join('; ')}`,
    importances.map(({ name }) => name),
    { shown: 'surgeon with --data, group without' },
  ),
  method: choice(
    '--method <name>',
    `how single weights are judged: ${maskMethods.map(({ name, summary }) => `${name}: ${summary}`).join('; ')}`,
    maskMethods.map(({ name }) => name),
    { shown: 'sparsegpt with --data, magnitude without' },
  ),
  scope: choice(
    '--scope <name>',
    'channels are compared over the whole model, within each group, or among groups of the same shape; single weights over the whole model, within each layer, or by what zeros of each layer alone do to the outputs (sensitivity, on --data)',
    ['global', 'local', 'isomorphic', 'sensitivity'],
    { shown: 'sensitivity for single weights with --data, else global' },
  ),
  roundTo: integer('--round-to <n>', 'what is left of a group is a multiple of this', {
    min: 1,
    shown: '8 for channels, which kernels work on in blocks, 1 for heads',
  }),
  maxPerLayer: real('--max-per-layer <share>', 'most that goes of one group or layer', { min: 0, max: 1 }),
  include: list('--include <glob>', 'only what touches these nodes: name, operator or path (repeatable)'),
  exclude: list('--exclude <glob>', 'nothing that touches these nodes (repeatable)'),
  data: text(
    '--data <spec>',
    'rows to judge channels by and to check the result with; labels are not needed',
    {
      completes: 'data',
    },
  ),
  samples: integer('--samples <n>', 'at most this many rows of the data', { min: 1 }),
  recover: choice(
    '--recover <how>',
    'reconstruct: what is left stands in for what is gone, by least squares on the data; bn: statistics of batch normalizations are taken again; finetune: trained after that to do what the model did, labels help',
    ['none', 'bn', 'reconstruct', 'finetune'],
    { shown: 'reconstruct with --data, none without and for masks' },
  ),
  finetuneEpochs: real('--finetune-epochs <n>', 'times --recover finetune goes through the data', {
    min: 0,
    shown: '1',
  }),
  gradual: integer(
    '--gradual <n>',
    'masks grow at n moments of --recover finetune, much at first and less and less later, instead of all before it',
    { min: 1 },
  ),
  ...finetuneOptions,
  sparseInitializers: flag(
    '--sparse-initializers',
    'weights that take fewer bytes that way are stored without their zeros, which onnxruntime puts back when it loads them',
  ),
  dryRun: flag('--dry-run', 'show the groups, what they hold, what would go and what cannot be cut and why'),
  check: checkOption,
  ...writeOptions,
} as const;
