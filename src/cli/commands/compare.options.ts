/** Operands, options and examples of `llmc compare`. */
import { type CommandSpec, operand } from '../command.ts';
import { choice, dimensions, integer, text } from '../option-types.ts';

export const compareSpec = {
  name: 'compare',
  summary: 'Show layer by layer where two variants of a model drift apart',
  operands: {
    before: operand('the model to measure against, an .onnx file', 'model'),
    after: operand('a variant of it: quantized, pruned, optimized', 'model'),
  },
  options: {
    data: text('--data <spec>', 'inputs, e.g. eval.npz?limit=32', {
      completes: 'file',
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
  },
  examples: [
    {
      run: 'llmc compare model.onnx model.int8.onnx',
      does: 'the layers that lose most, and what to do about them',
    },
    {
      run: 'llmc compare model.onnx model.int8.onnx --data eval.npz --samples 64 --top 5',
      does: 'on real data, the five worst',
    },
    {
      run: 'llmc compare a.onnx b.onnx --sort order --report layers.json --require "sqnr >= 30dB"',
      does: 'along the graph, all layers saved; exit code 1 when the outputs drifted too far',
    },
  ],
  reports: true,
} as const satisfies CommandSpec;
