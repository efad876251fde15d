/** What a recipe is, above its steps: the zod object behind the checks and behind the JSON schema for editors. */
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const text = z.string().min(1);
const texts = z.union([text, z.array(text)]);

/** One entry of `steps`: the name of a command, alone or with its options; the options are checked by the step. */
const step = z.union([text, z.record(z.string(), z.unknown())]);

const data = z.strictObject({
  calibration: text.optional().describe('rows quantization and pruning look at; labels are not needed'),
  train: text.optional().describe('rows training learns from; default calibration'),
  validation: text.optional().describe('labelled rows that choose the best moment of a training'),
  eval: text.optional().describe('rows the result is judged by; nothing is chosen with them'),
});

const output = z.strictObject({
  path: text.describe('where the result is written'),
  steps: z.array(step).default([]).describe('steps after the common ones'),
  require: texts.optional().describe('what must hold of this result'),
});

export const recipeSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  description: z.string().optional(),
  extends: texts.optional().describe('recipes this one changes: its keys win'),
  vars: z
    .record(z.string(), z.union([scalar, z.null()]))
    .optional()
    .describe('values to use in this recipe as a name in braces after a dollar sign'),
  model: text.describe('the model to begin with, an .onnx file; paths start from the folder of the recipe'),
  output: text.optional().describe('where the result is written'),
  outputs: z.array(output).min(1).optional().describe('several results from the same first steps'),
  data: z.union([text, data]).optional().describe('data specs; a single one serves all purposes'),
  steps: z.array(step).default([]).describe('what is done, in order'),
  require: texts.optional().describe('what must hold of the results; otherwise the exit code is 1'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
  threads: z.int().min(0).max(1024).optional(),
});

export type RecipeShape = z.infer<typeof recipeSchema>;

/** A recipe as an object: what its file would hold. */
export type RecipeObject = z.input<typeof recipeSchema>;
