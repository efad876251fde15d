/** What `bench` can be asked, on the command line and in recipes. */
import {
  choice,
  dimensions,
  flag,
  integer,
  integers,
  list,
  real,
  switchOff,
  text,
} from '../options/option-types.ts';

export const benchOptions = {
  data: text('--data <spec>', 'inputs, e.g. eval.npz?labels=y', {
    completes: 'data',
    shown: 'generated from the input shapes',
  }),
  metric: list(
    '--metric <name>',
    'score against the labels: f1, cer?blank=0, ./my-metric.mjs (repeatable)',
    'module',
  ),
  runs: integer('--runs <n>', 'timed runs of each model', { min: 1, shown: 'as many as fit in --time' }),
  time: real('--time <seconds>', 'time to spend on each model', { min: 0.001, shown: '2' }),
  warmup: integer('--warmup <n>', 'runs before the clock starts', {
    min: 0,
    shown: 'until they get no quicker',
  }),
  batch: integer('--batch <n>', 'rows per run, for models with a batch dimension', { min: 1, shown: '1' }),
  dim: dimensions('--dim <name=size>', 'size of a symbolic dimension (repeatable)'),
  sweep: list('--sweep <name=n,...>', 'compare at several batch=, threads= or dimension= sizes (repeatable)'),
  runtime: choice('--runtime <name>', 'web: onnxruntime-web, as browsers run it', ['native', 'web'], {
    shown: 'native',
  }),
  provider: text('--provider <name>', 'execution provider of onnxruntime, e.g. webgpu or coreml', {
    shown: 'cpu',
  }),
  profile: flag('--profile', 'time each kind of operator, before and after'),
  coldStart: flag('--cold-start', 'time new processes until their first answer'),
  concurrency: integers(
    '--concurrency <n,...>',
    'answer requests by that many processes at once, e.g. 1,2,4',
  ),
  rate: real('--rate <n>', 'requests per second to plan for; needs --p99', { min: 1e-6 }),
  p99: real('--p99 <ms>', 'bound of the 99th percentile, waiting included, for --rate', { min: 1e-6 }),
  memory: switchOff('--no-memory', 'do not measure peak memory'),
  gzip: switchOff('--no-gzip', 'do not measure the gzipped size'),
} as const;
