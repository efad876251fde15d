/** Operands, options and examples of `llmc reproduce`. */
import { list, text } from '../../options/option-types.ts';
import { type CommandSpec, operand } from '../command.ts';

export const reproduceSpec = {
  name: 'reproduce',
  summary: 'Make a model again from what it says about itself, and compare the bytes',
  operands: { model: operand('a model that llmc has made', 'model') },
  options: {
    in: list('--in <folder>', 'search for the inputs here and below, too (repeatable)', 'directory'),
    output: text('-o, --output <file>', 'keep what was made again', { writes: true, completes: 'model' }),
  },
  examples: [
    { run: 'llmc reproduce model.int8.onnx', does: 'inputs are searched beside the model and here' },
    { run: 'llmc reproduce model.small.onnx --in data --in ../models', does: 'and in other folders' },
  ],
  reports: false,
} as const satisfies CommandSpec;
