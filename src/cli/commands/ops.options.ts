/** Examples of `llmc ops`. */
import type { CommandSpec } from '../command.ts';

export const opsSpec = {
  name: 'ops',
  summary: 'List the operators llmc knows and what it can do with each',
  operands: {},
  options: {},
  examples: [
    { run: 'llmc ops', does: 'the table' },
    { run: 'llmc ops --json', does: 'the same for a script' },
  ],
  reports: false,
} as const satisfies CommandSpec;
