/** Operands, options and examples of `llmc bench`. */

import { text } from '../../options/option-types.ts';
import { benchOptions } from '../../steps/bench.options.ts';
import { type CommandSpec, operand, operands } from '../command.ts';

export const benchSpec = {
  name: 'bench',
  summary: 'Measure size, latency, memory and fidelity of models side by side',
  operands: {
    baseline: operand('the model before, an .onnx file', 'model'),
    candidate: operands('models to compare with it', 'model', false),
  },
  options: {
    ...benchOptions,
    history: text('--history <file>', 'add the run to a history, one JSON line each, and show the trends', {
      writes: true,
      completes: 'file',
    }),
    commit: text('--commit <id>', 'commit of the run, for --history', { shown: 'as CI or git says' }),
  },
  examples: [
    { run: 'llmc bench model.onnx', does: 'how fast is it here' },
    { run: 'llmc bench model.onnx model.int8-dynamic.onnx', does: 'before and after, run in turns' },
    {
      run: 'llmc bench a.onnx b.onnx --dim sequence=128 --concurrency 1,2,4 --report bench.json --report bench.html',
      does: 'fixed sizes, several processes at once, saved',
    },
    {
      run: 'llmc bench a.onnx b.onnx --data "eval.npz?labels=y" --require "speedup >= 1.3" --require "accuracy.drop <= 1%"',
      does: 'a gate for CI',
    },
  ],
  reports: true,
} as const satisfies CommandSpec;
