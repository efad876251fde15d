/** Operands, options and examples of `llmc distill`. */
import { studentKinds } from '../../distill/students/student.ts';
import { type CommandSpec, operand } from '../command.ts';
import { list, requiredText, text } from '../option-types.ts';
import { trainOptions } from './train.options.ts';
import { checkOption, writeOptions } from './write.options.ts';

export const distillSpec = {
  name: 'distill',
  summary: 'Train a small model to do what a large one does',
  operands: { teacher: operand('the model to learn from, an .onnx file', 'model') },
  options: {
    output: text('-o, --output <file>', 'where to write the student', {
      completes: 'model',
      shown: '<student>.distilled.onnx, or <teacher>.student.onnx',
    }),
    student: text('--student <file>', 'the model to train', { completes: 'model' }),
    studentFrom: text(
      '--student-from <spec>',
      `make it of the teacher; ${studentKinds.map(({ name, summary }) => `${name}: ${summary}`).join('; ')}`,
    ),
    teacher: list(
      '--teacher <file>',
      'another teacher, beside the first (repeatable); their scores are averaged',
      'model',
    ),
    data: requiredText('--data <spec>', 'rows to learn from; labels are not needed', 'file'),
    eval: text(
      '--eval <spec>',
      'rows with labels that judge the student after each epoch: the best one is kept',
      {
        completes: 'file',
      },
    ),
    metric: text('--metric <name>', 'what is judged by', { shown: 'the first that fits' }),
    outputName: text('--output-name <name>', 'the output that is learned', {
      shown: 'the first float output',
    }),
    ...trainOptions,
    check: checkOption,
    ...writeOptions,
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
