// Several steps as one, from an object or from a file: what is done already is not done again.
import { writeFileSync } from 'node:fs';
import { applyRecipe, openModel, provenanceOf } from 'llmc-onnx';

const recipe = {
  version: 1,
  model: 'fixtures/models/fashion-cnn.onnx',
  output: 'small-cnn.onnx',
  data: {
    calibration: 'fixtures/data/fashion-calibration.npz?limit=64',
    eval: 'fixtures/data/fashion-eval.npz?limit=200',
  },
  steps: [
    { prune: { sparsity: 0.2 } },
    { quantize: { scheme: 'int8' } },
    { bench: { time: 0.1, memory: false } },
  ],
  require: ['size.ratio <= 0.4'],
};

// `cache` is a folder, or false to keep nothing; without it, what `llmc run` uses.
const options = { cache: 'kept', force: true };
const { report, outputs } = await applyRecipe(recipe, options);
console.log(`made ${outputs.map(({ path }) => path.split(/[\\/]/).at(-1)).join(', ')}`);
for (const { expression, passed } of report.requirements)
  console.log(`${passed ? 'holds' : 'FAILS'}: ${expression}`);

// A file holds the same in YAML or JSON. The second time, nothing is left to do.
writeFileSync('recipe.json', JSON.stringify(recipe));
const again = await applyRecipe('recipe.json', options);
console.log(
  `again: ${again.report.steps.filter(({ reused }) => reused).length} of 2 steps were done already`,
);

// Every result says how it was made; `llmc reproduce` and reproduce() make it again.
const made = provenanceOf(openModel('small-cnn.onnx').model);
console.log(`made of ${made.model.name} by ${made.steps.map(({ step }) => step).join(', ')}`);
