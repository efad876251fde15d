/** What `convert` can be asked, on the command line and in recipes. */
import { flag, integer } from '../options/option-types.ts';
import { checkOption, writeOptions } from './write.options.ts';

export const convertOptions = {
  opset: integer('--opset <n>', 'upgrade the ai.onnx opset to this version', { min: 1, max: 99 }),
  clean: flag('--clean', 'fold constants and batch norms, drop what does nothing; verified'),
  strip: flag('--strip', 'drop the metadata exporters leave behind'),
  check: checkOption,
  ...writeOptions,
} as const;
