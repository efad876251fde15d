/** Operands, options and examples of `llmc cache`. */
import { size, text, value } from '../../options/option-types.ts';
import { parseDuration } from '../../tune/amounts.ts';
import { type CommandSpec, operand } from '../command.ts';

export const cacheSpec = {
  name: 'cache',
  summary: 'Look at finished steps that are kept, and clean them up',
  operands: { action: operand('list or clean', 'none', ['list', 'clean']) },
  options: {
    cache: text('--cache <folder>', 'where they are', {
      completes: 'directory',
      shown: 'LLMC_CACHE, or where the system has such files',
    }),
    olderThan: value<number, undefined>(
      '--older-than <duration>',
      'clean only what was not used for so long, e.g. 7d',
      {},
      parseDuration,
    ),
    maxSize: size('--max-size <size>', 'clean what was used least recently until the rest fits'),
  },
  examples: [
    { run: 'llmc cache list', does: 'what is kept, and how much of it' },
    { run: 'llmc cache clean', does: 'everything goes' },
    { run: 'llmc cache clean --older-than 7d --max-size 2GB', does: 'what nobody needs' },
  ],
  reports: false,
} as const satisfies CommandSpec;
