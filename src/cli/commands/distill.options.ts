/** Operands, options and examples of `llmc distill`. */
import { text } from '../../options/option-types.ts';
import { distillOptions } from '../../steps/distill.options.ts';
import { type CommandSpec, operand } from '../command.ts';

export const distillSpec = {
  name: 'distill',
  summary: 'Train a small model to do what a large one does',
  operands: { teacher: operand('the model to learn from, an .onnx file', 'model') },
  options: {
    output: text('-o, --output <file>', 'where to write the student', {
      writes: true,
      completes: 'model',
      shown: '<student>.distilled.onnx, or <teacher>.student.onnx',
    }),
    ...distillOptions,
  },
  examples: [
    {
      run: 'llmc distill big.onnx --student small.onnx --data train.npz --eval eval.npz -o taught.onnx',
      does: 'the student with the best accuracy on eval.npz',
    },
    {
      run: 'llmc distill bert.onnx --student-from layers:half --data texts.jsonl --alpha 1 --epochs 5',
      does: 'half of the layers, taught without labels',
    },
    {
      run: 'llmc distill model.onnx --student-from prune:0.5 --data train.npz --lr 1e-3 --schedule cosine',
      does: 'half of the channels, then what they lost is learned again',
    },
    {
      run: 'llmc distill big.onnx --student small.onnx --data train.npz --checkpoint work --resume',
      does: 'goes on where an interrupted run was',
    },
  ],
  reports: true,
} as const satisfies CommandSpec;
