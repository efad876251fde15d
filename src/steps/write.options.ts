/** Options of every command that writes a model: where its weights go. */
import { LlmcError } from '../errors.ts';
import { choice, size, value } from '../options/option-types.ts';
import { parseSize } from '../report/units.ts';

export const EXTERNAL_DATA = ['auto', 'always', 'never'] as const;

export const writeOptions = {
  externalData: choice('--external-data <when>', 'weights in a file beside the model', EXTERNAL_DATA, {
    fallback: 'auto',
    shown: 'auto, when over 2 GB or when the input has them so',
  }),
  shardSize: size('--shard-size <size>', 'split external data into files of at most this size'),
  align: value(
    '--align <size>',
    'alignment of tensors in external data',
    { fallback: 4096, shown: '4KiB' },
    parseAlign,
    { choices: ['4KiB', '64KiB'] },
  ),
} as const;

export const checkOption = choice(
  '--check <level>',
  'full: load, run and compare with the input model; load: only load; none',
  ['full', 'load', 'none'],
  { fallback: 'full' },
);

/** Page sizes: 4 KiB on x86 and most ARM, 64 KiB on some ARM and Windows' mapping granularity. */
function parseAlign(given: string, name: string): number {
  const bytes = parseSize(given);
  if (bytes === 4096 || bytes === 65_536) return bytes;
  throw new LlmcError('USAGE', `${name} "${given}" is not possible`, { hint: 'choices: 4KiB, 64KiB' });
}
