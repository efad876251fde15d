/** Operands, options and examples of `llmc quantize`. */
import { text } from '../../options/option-types.ts';
import { quantizeOptions } from '../../steps/quantize.options.ts';
import { type CommandSpec, operand } from '../command.ts';

export const quantizeSpec = {
  name: 'quantize',
  summary: 'Make a model smaller and faster with fewer bits per weight',
  operands: { model: operand('the model, an .onnx file', 'model') },
  options: {
    output: text('-o, --output <file>', 'where to write the result', {
      writes: true,
      completes: 'model',
      shown: '<model>.<scheme>.onnx',
    }),
    ...quantizeOptions,
  },
  examples: [
    { run: 'llmc quantize model.onnx', does: 'try what applies, measure it here, keep the best' },
    {
      run: 'llmc quantize model.onnx --scheme int8-dynamic -o small.onnx',
      does: '8-bit weights and arithmetic',
    },
    {
      run: 'llmc quantize llm.onnx --scheme int4 --block-size 32 --exclude "*lm_head*"',
      does: '4-bit weights, one layer left alone',
    },
    {
      run: 'llmc quantize model.onnx --scheme fp16 --data eval.npz --require "agreement >= 99%"',
      does: 'half precision, checked on real data; exit code 1 when it is not good enough',
    },
  ],
  reports: true,
} as const satisfies CommandSpec;
