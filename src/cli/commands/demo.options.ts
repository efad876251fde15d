/** Options and examples of `llmc demo`. */

import { text } from '../../options/option-types.ts';
import type { CommandSpec } from '../command.ts';

export const demoSpec = {
  name: 'demo',
  summary: 'Inspect, quantize and measure an embedded model, in under a minute, offline',
  operands: {},
  options: {
    keep: text('--keep <dir>', 'keep the models and reports in this folder', { completes: 'directory' }),
  },
  examples: [
    { run: 'llmc demo', does: 'see what llmc does' },
    { run: 'llmc demo --keep out', does: 'and look at the files afterwards' },
  ],
  reports: true,
} as const satisfies CommandSpec;
