/** What `compare` can be asked, on the command line and in recipes. */
import { choice, dimensions, integer, text } from '../options/option-types.ts';

export const compareOptions = {
  data: text('--data <spec>', 'inputs, e.g. eval.npz?limit=32', {
    completes: 'data',
    shown: 'generated from the input shapes',
  }),
  samples: integer('--samples <n>', 'at most this many rows', { min: 1, fallback: 8 }),
  top: integer('--top <n>', 'layers to list; reports as JSON hold all', { min: 1, shown: '20' }),
  sort: choice(
    '--sort <key>',
    'loss: the noise a layer adds; sqnr: the noise of what it makes; order: as computed',
    ['loss', 'sqnr', 'order'],
    { fallback: 'loss' },
  ),
  dim: dimensions('--dim <name=size>', 'size of a symbolic dimension (repeatable)'),
} as const;
