/** Operands, options and examples of `llmc tune`. */
import { LlmcError } from '../../errors.ts';
import {
  choice,
  dimensions,
  flag,
  integer,
  real,
  size,
  switchOff,
  text,
  value,
} from '../../options/option-types.ts';
import { parseDuration, parseLoss } from '../../tune/amounts.ts';
import { type CommandSpec, operand } from '../command.ts';
import { cacheOptions } from './run.options.ts';

export const tuneSpec = {
  name: 'tune',
  summary: 'Search for the best model under a budget, by measuring on this machine',
  operands: { model: operand('the model, an .onnx file', 'model') },
  options: {
    output: text('-o, --output <file>', 'where to write the winner; its recipe goes beside it', {
      writes: true,
      completes: 'model',
      shown: '<model>.tuned.onnx',
    }),
    maxDrop: value<number, undefined>(
      '--max-drop <percent>',
      'most that may be lost: points of accuracy and other shares, of perplexity relative',
      {
        shown: '1% where no other budget is given',
      },
      parseLoss,
    ),
    maxSize: size('--max-size <size>', 'most bytes of the result'),
    minSpeedup: value<number, undefined>(
      '--min-speedup <x>',
      'least speed-up, measured here, e.g. 1.5',
      {},
      parseFactor,
    ),
    maxLatency: real('--max-latency <ms>', 'most milliseconds of a run, the median here', { min: 0 }),
    goal: choice(
      '--goal <name>',
      'what is made as good as the budget allows',
      ['balanced', 'size', 'speed'],
      { fallback: 'balanced' },
    ),
    data: text('--data <spec>', 'rows that quantization and pruning look at; labels are not needed', {
      completes: 'data',
    }),
    eval: text('--eval <spec>', 'rows to judge by: one half chooses, the other one confirms', {
      completes: 'data',
      shown: 'half of --data',
    }),
    metric: text('--metric <name>', 'what is judged by', {
      completes: 'module',
      shown: 'the first that fits; without labels, the answers that change',
    }),
    trials: integer('--trials <n>', 'most candidates that are made', { min: 1, fallback: 40 }),
    time: value(
      '--time <duration>',
      'begin no more after this long, e.g. 10m',
      { fallback: 600_000, shown: '10m' },
      parseDuration,
    ),
    jobs: integer('--jobs <n>', 'candidates made at the same time, in processes of their own', {
      min: 1,
      max: 64,
      shown: 'by cores and memory',
    }),
    prune: switchOff('--no-prune', 'do not take weights out'),
    dim: dimensions('--dim <name=size>', 'size of a symbolic dimension (repeatable)'),
    recipe: text('--recipe <file>', 'where to write the recipe of the winner', {
      writes: true,
      completes: 'file',
      shown: '<output>.recipe.yaml',
    }),
    dryRun: flag('--dry-run', 'show what would be tried first'),
    ...cacheOptions,
  },
  examples: [
    {
      run: 'llmc tune model.onnx --max-drop 1% --data calibration.npz --eval eval.npz',
      does: 'smallest and fastest within a point of accuracy',
    },
    {
      run: 'llmc tune model.onnx --max-size 2MB --data calibration.npz --eval eval.npz',
      does: 'the most accurate of 2 MB',
    },
    {
      run: 'llmc tune bert.onnx --max-drop 0.5% --min-speedup 1.5 --goal size --data texts.jsonl?tokenizer=tokenizer.json',
      does: 'the smallest that is 1.5x as fast',
    },
    { run: 'llmc tune model.onnx --data calibration.npz --trials 12 --time 2m', does: 'a quick look' },
  ],
  reports: true,
} as const satisfies CommandSpec;

function parseFactor(given: string, name: string): number {
  const match = /^(\d*\.?\d+)\s*x?$/.exec(given.trim());
  if (match) return Number(match[1]);
  throw new LlmcError('USAGE', `${name} "${given}" is not a factor`, { hint: `write ${name} 1.5` });
}
