/** `llmc quantize`: one scheme, or the best of those that apply, from file to file. */
import { DEFAULTS } from '../../quantize/defaults.ts';
import { run as quantize } from '../../steps/quantize.ts';
import type { Handler } from '../command.ts';
import { checkedResult } from './measures.ts';
import type { quantizeSpec } from './quantize.options.ts';
import { runStep } from './step.ts';

export const run: Handler<typeof quantizeSpec> = async ({ operands, options, given }, io) => {
  const { label } = options.scheme;
  const labels = io.measures(checkedResult(options.check ?? DEFAULTS.check, { data: options.data }));
  const output = options.output ?? defaultOutput(operands.model, label);
  const files = { input: operands.model, output, labels, step: 'quantize', given };
  return await runStep(`quantize --scheme ${label}`, files, (job) => quantize(options, job, io.context), io);
};

/** `model.onnx` and `int8-dynamic` make `model.int8-dynamic.onnx`. */
function defaultOutput(model: string, label: string): string {
  return `${model.replace(/\.onnx$/i, '')}.${label}.onnx`;
}
