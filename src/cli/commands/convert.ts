/** `llmc convert`: rewrites a model without compressing it. */
import { run as convert } from '../../steps/convert.ts';
import type { Handler } from '../command.ts';
import type { convertSpec } from './convert.options.ts';
import { checkedResult } from './measures.ts';
import { runStep } from './step.ts';

export const run: Handler<typeof convertSpec> = async ({ operands, options, given }, io) => {
  const rewritten = options.clean || options.strip || options.opset !== undefined;
  const labels = io.measures(checkedResult(rewritten ? options.check : 'load', { speed: false }));
  // The same model again stays the same: nothing is written into it.
  const step = rewritten ? 'convert' : null;
  const files = { input: operands.model, output: options.output, labels, step, given };
  return await runStep('convert', files, (job) => convert(options, job, io.context), io);
};
