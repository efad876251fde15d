/** fp16 and bf16: half precision everywhere it is safe. */
import { convertToHalf } from '../half/convert.ts';
import type { Scheme } from './scheme.ts';

export const half: Scheme = {
  name: 'half',
  summary: 'half precision: half the size, nearly the same numbers; speed depends on the hardware',
  // bfloat16 entered ai.onnx with opset 13.
  opset: ({ scheme }) => (scheme === 'bf16' ? { wanted: 13, least: 13 } : { wanted: 7, least: 1 }),
  async apply(model, options, outcome, context) {
    const { dtype, halfIo, select, data, mayRun } = options;
    await convertToHalf(model, { dtype, halfIo, select, data, measure: mayRun }, context, outcome);
  },
};
