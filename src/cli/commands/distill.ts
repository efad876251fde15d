/** `llmc distill`: a student learns what a teacher knows, from file to file. */
import { LlmcError } from '../../errors.ts';
import { run as distill } from '../../steps/distill.ts';
import type { Handler } from '../command.ts';
import type { distillSpec } from './distill.options.ts';
import { checkedResult } from './measures.ts';
import { runStep } from './step.ts';

export const run: Handler<typeof distillSpec> = async ({ operands: { teacher }, options, given }, io) => {
  const { student, studentFrom } = options;
  if ((student === undefined) === (studentFrom === undefined))
    throw new LlmcError('USAGE', 'what is to be trained?', {
      hint: 'give one of --student small.onnx and --student-from SPEC, e.g. --student-from layers:half',
    });
  const labels = io.measures(checkedResult(options.check ?? 'full', { data: options.eval ?? options.data }));
  const named = (path: string, ending: string) => `${path.replace(/\.onnx$/i, '')}.${ending}.onnx`;
  const output =
    options.output ?? (student === undefined ? named(teacher, 'student') : named(student, 'distilled'));
  const files = { input: teacher, output, labels, step: 'distill', given };
  return await runStep('distill', files, (job) => distill(options, job, io.context), io);
};
