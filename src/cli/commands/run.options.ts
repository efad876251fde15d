/** Operands, options and examples of `llmc run`. */
import { flag, size, switchOff, text } from '../../options/option-types.ts';
import { type CommandSpec, operand } from '../command.ts';
import { assignments } from './assignments.ts';

/** Of every command that keeps finished work. */
export const cacheOptions = {
  cache: text('--cache <folder>', 'where finished steps are kept', {
    completes: 'directory',
    shown: 'LLMC_CACHE, or where the system has such files',
  }),
  keep: switchOff('--no-cache', 'do everything again, and keep nothing'),
  cacheSize: size('--cache-size <size>', 'most that is kept; what was used least recently makes room', {
    shown: 'LLMC_CACHE_SIZE, or 10GB',
  }),
} as const;

export const runSpec = {
  name: 'run',
  summary: 'Run a recipe: several steps in order, measured and gated as one',
  operands: { recipe: operand('the recipe, a .yaml or .json file', 'file') },
  options: {
    set: assignments('--set <name=value>', 'value of a variable of the recipe (repeatable)'),
    model: text('--model <file>', "begin with this model instead of the recipe's", { completes: 'model' }),
    output: text('-o, --output <file>', 'write here instead of where the recipe says', {
      writes: true,
      completes: 'model',
    }),
    dryRun: flag('--dry-run', 'check the recipe and show what would be done, and what is done already'),
    ...cacheOptions,
  },
  examples: [
    { run: 'llmc run recipe.yaml', does: 'the steps that are not done yet, one report for all' },
    {
      run: 'llmc run recipe.yaml --set sparsity=0.5 --report report.html',
      does: 'another value of a variable',
    },
    {
      run: 'llmc run recipe.yaml --model other.onnx -o other.small.onnx',
      does: 'the same for another model',
    },
    { run: 'llmc run recipe.yaml --dry-run', does: 'what would be done' },
  ],
  reports: true,
} as const satisfies CommandSpec;
