/** Operands, options and examples of `llmc bench`. */
import { type CommandSpec, operand, operands } from '../command.ts';
import { choice, dimensions, flag, integer, integers, list, real, switchOff, text } from '../option-types.ts';

export const benchSpec = {
  name: 'bench',
  summary: 'Measure size, latency, memory and fidelity of models side by side',
  operands: {
    baseline: operand('the model before, an .onnx file', 'model'),
    candidate: operands('models to compare with it', 'model', false),
  },
  options: {
    data: text('--data <spec>', 'inputs, e.g. eval.npz?labels=y', {
      completes: 'file',
      shown: 'generated from the input shapes',
    }),
    metric: list(
      '--metric <name>',
      'score against the labels: f1, cer?blank=0, ./my-metric.mjs (repeatable)',
    ),
    runs: integer('--runs <n>', 'timed runs of each model', { min: 1, shown: 'as many as fit in --time' }),
    time: real('--time <seconds>', 'time to spend on each model', { min: 0.001, shown: '2' }),
    warmup: integer('--warmup <n>', 'runs before the clock starts', {
      min: 0,
      shown: 'until they get no quicker',
    }),
    batch: integer('--batch <n>', 'rows per run, for models with a batch dimension', { min: 1, shown: '1' }),
    dim: dimensions('--dim <name=size>', 'size of a symbolic dimension (repeatable)'),
    sweep: list(
      '--sweep <name=n,...>',
      'compare at several batch=, threads= or dimension= sizes (repeatable)',
    ),
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
    history: text('--history <file>', 'add the run to a history, one JSON line each, and show the trends', {
      completes: 'file',
    }),
    commit: text('--commit <id>', 'commit of the run, for --history', { shown: 'as CI or git says' }),
    memory: switchOff('--no-memory', 'do not measure peak memory'),
    gzip: switchOff('--no-gzip', 'do not measure the gzipped size'),
  },
  examples: [
    { run: 'llmc bench model.onnx', does: 'how fast is it here' },
    { run: 'llmc bench model.onnx model.int8-dynamic.onnx', does: 'before and after, run in turns' },
    {
      run: 'llmc bench a.onnx b.onnx --dim sequence=128 --concurrency 1,2,4 --report bench.json --report bench.html',
      does: 'fixed sizes, several processes at once, saved',
    },
    {
      run: 'llmc bench a.onnx b.onnx --data "eval.npz?labels=y" --require "speedup >= 1.3" --require "accuracy.drop <= 1%"',
      does: 'a gate for CI',
    },
  ],
  reports: true,
} as const satisfies CommandSpec;
