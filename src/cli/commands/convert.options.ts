/** Operands, options and examples of `llmc convert`. */
import { requiredText } from '../../options/option-types.ts';
import { convertOptions } from '../../steps/convert.options.ts';
import { type CommandSpec, operand } from '../command.ts';

export const convertSpec = {
  name: 'convert',
  summary: 'Rewrite a model without compressing it: external data, opset, cleaning',
  operands: { model: operand('the model, an .onnx file', 'model') },
  options: {
    output: requiredText('-o, --output <file>', 'where to write the result (required)', 'model', true),
    ...convertOptions,
  },
  examples: [
    { run: 'llmc convert model.onnx -o clean.onnx --clean --strip', does: 'the same function, less clutter' },
    {
      run: 'llmc convert model.onnx -o big/model.onnx --external-data always',
      does: 'weights beside the model',
    },
    {
      run: 'llmc convert model.onnx -o web/model.onnx --external-data always --shard-size 500MB',
      does: 'weights in several files, for a browser',
    },
    { run: 'llmc convert old.onnx -o new.onnx --opset 21', does: 'a newer opset' },
  ],
  reports: true,
} as const satisfies CommandSpec;
