/** convert as a step: rewrites a model without compressing it. */
import { convertFile } from '../convert/convert.ts';
import { modelRecord } from '../report/record.ts';
import type { convertOptions } from './convert.options.ts';
import { layoutOf, type RunStep } from './step.ts';

export const run: RunStep<typeof convertOptions> = async (options, job, context) => {
  const { input, output, force, metadata } = job;
  const { clean, strip, opset, check } = options;
  const result = await convertFile(
    {
      input,
      output,
      clean,
      strip,
      opset: opset ?? null,
      check,
      layout: layoutOf(options),
      force,
      metadata: () => metadata({}),
    },
    context,
  );
  const { bytesBefore, bytesAfter } = result;
  return {
    path: result.path,
    files: result.files,
    models: [
      modelRecord('before', input, bytesBefore),
      { ...modelRecord('after', result.path, bytesAfter), fidelity: result.check.fidelity },
    ],
    comparison: {
      baseline: 'before',
      candidate: 'after',
      sizeRatio: bytesAfter / bytesBefore,
      speedup: null,
      metricDrop: {},
    },
    steps: [result.step],
    data: result.check.data,
    decided: {},
  };
};
