/** Operands, options and examples of `llmc init`. */
import { choice, text } from '../../options/option-types.ts';
import { type CommandSpec, operand } from '../command.ts';

export const initSpec = {
  name: 'init',
  summary: 'Write a first recipe for a model, with the reasons in comments',
  operands: { model: operand('the model, an .onnx file', 'model') },
  options: {
    output: text('-o, --output <file>', 'where to write the recipe', {
      writes: true,
      completes: 'file',
      shown: 'recipe.yaml beside the model',
    }),
    data: text('--data <spec>', 'rows for calibration, e.g. calibration.npz', { completes: 'data' }),
    eval: text('--eval <spec>', 'rows to judge by, e.g. eval.npz', { completes: 'data' }),
    goal: choice('--goal <name>', 'what counts most', ['balanced', 'size', 'speed'], {
      fallback: 'balanced',
    }),
  },
  examples: [
    { run: 'llmc init model.onnx', does: 'a recipe that needs no data' },
    { run: 'llmc init model.onnx --data calibration.npz --eval eval.npz', does: 'one with calibration' },
  ],
  reports: false,
} as const satisfies CommandSpec;
