/** Operands, options and examples of `llmc compare`. */

import { compareOptions } from '../../steps/compare.options.ts';
import { type CommandSpec, operand } from '../command.ts';

export const compareSpec = {
  name: 'compare',
  summary: 'Show layer by layer where two variants of a model drift apart',
  operands: {
    before: operand('the model to measure against, an .onnx file', 'model'),
    after: operand('a variant of it: quantized, pruned, optimized', 'model'),
  },
  options: compareOptions,
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
