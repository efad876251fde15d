/** Operands, options and examples of `llmc prune`. */
import { text } from '../../options/option-types.ts';
import { pruneOptions } from '../../steps/prune.options.ts';
import { type CommandSpec, operand } from '../command.ts';

export const pruneSpec = {
  name: 'prune',
  summary: 'Take out what a model can do without: channels, neurons, attention heads',
  operands: { model: operand('the model, an .onnx file', 'model') },
  options: {
    output: text('-o, --output <file>', 'where to write the result', {
      writes: true,
      completes: 'model',
      shown: '<model>.pruned.onnx',
    }),
    ...pruneOptions,
  },
  examples: [
    {
      run: 'llmc prune model.onnx --dry-run',
      does: 'which channels can only be cut together, and what is frozen',
    },
    {
      run: 'llmc prune model.onnx --macs 50% --data calibration.npz -o half.onnx',
      does: 'half the work, the rest stands in for what is gone',
    },
    {
      run: 'llmc prune bert.onnx --structure heads --sparsity 0.25 -o small.onnx',
      does: 'a quarter of all attention heads',
    },
    {
      run: 'llmc prune model.onnx --macs 30% --data train.npz --recover finetune --finetune-epochs 3 -o small.onnx',
      does: 'much of the work goes; three epochs teach the rest what the whole did',
    },
    {
      run: 'llmc prune model.onnx --structure 2:4 --data calibration.npz -o sparse.onnx',
      does: 'two of every four weights become zero, the others make up for it',
    },
    {
      run: 'llmc prune model.onnx --latency 0.6x --data eval.npz --require "accuracy.drop <= 1%"',
      does: 'as much as it takes to need 60 % of the time here; exit code 1 when that costs too much',
    },
  ],
  reports: true,
} as const satisfies CommandSpec;
