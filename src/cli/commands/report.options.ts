/** Operands, options and examples of `llmc report`. */

import { choice, text } from '../../options/option-types.ts';
import { type CommandSpec, operands } from '../command.ts';

export const reportSpec = {
  name: 'report',
  summary: 'Render, merge and compare reports that llmc wrote',
  operands: { reports: operands('reports in JSON, as --report FILE.json writes them', 'file', false) },
  options: {
    format: choice(
      '--format <name>',
      'how to render',
      ['text', 'markdown', 'html', 'json', 'junit', 'github'],
      {
        shown: 'by the extension of -o, else text',
      },
    ),
    baseline: text('--baseline <file>', 'an older report to compare each model with', { completes: 'file' }),
    history: text('--history <file>', 'add the run to a history, one JSON line each, and show the trends', {
      writes: true,
      completes: 'file',
    }),
    commit: text('--commit <id>', 'commit of the run, for --history', {
      shown: 'as CI or git says',
    }),
    output: text('-o, --output <file>', 'write to a file instead of stdout', {
      writes: true,
      completes: 'file',
    }),
  },
  examples: [
    { run: 'llmc report bench.json --format markdown -o comment.md', does: 'make a pull-request comment' },
    { run: 'llmc report int8.json int4.json', does: 'set the models of two runs side by side' },
    {
      run: 'llmc report new.json --baseline old.json --require "size.ratio <= 1.01"',
      does: 'fail when a model grew',
    },
    { run: 'llmc report bench.json --history history.jsonl', does: 'add the run to a history, show trends' },
  ],
  reports: true,
} as const satisfies CommandSpec;
