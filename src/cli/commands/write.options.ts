/** Options of every command that writes a model: where its weights go. */
import { choice, size } from '../option-types.ts';

export const EXTERNAL_DATA = ['auto', 'always', 'never'] as const;

export const writeOptions = {
  externalData: choice('--external-data <when>', 'weights in a file beside the model', EXTERNAL_DATA, {
    fallback: 'auto',
    shown: 'auto, when over 2 GB or when the input has them so',
  }),
  shardSize: size('--shard-size <size>', 'split external data into files of at most this size'),
  align: size('--align <size>', 'alignment of tensors in external data, 4KiB or 64KiB', {
    fallback: 4096,
    shown: '4KiB',
  }),
} as const;

export const checkOption = choice(
  '--check <level>',
  'full: load, run and compare with the input model; load: only load; none',
  ['full', 'load', 'none'],
  { fallback: 'full' },
);
