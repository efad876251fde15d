/** Static int8 against onnxruntime's Python tools: accuracy on data neither has seen, and speed, on the fixtures. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { command, findPython, llmc, python, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { printTable } from './table.mjs';

const FIXTURES = [
  ['fashion-cnn', 'fashion'],
  ['fashion-cnn-torchscript', 'fashion'],
  ['text-transformer-torchscript', 'text'],
  ['text-transformer-dynamo', 'text'],
  ['gpt-bytes', 'gpt'],
  ['rnn-lstm', 'rnn'],
];
const METHODS = ['MinMax', 'Entropy', 'Percentile'];

/** @param {readonly string[]} argv */
export async function staticInt8(argv) {
  const { dir } = readOptions(argv, 1);
  const peer = await findPython();
  const rows = [];
  for (const [name, data] of FIXTURES) {
    const model = join(ROOT, 'fixtures', 'models', `${name}.onnx`);
    const calibration = join(ROOT, 'fixtures', 'data', `${data}-calibration.npz`);
    const evaluation = join(ROOT, 'fixtures', 'data', `${data}-eval.npz`);
    const own = join(dir, `${name}-llmc.onnx`);
    await llmc(
      'quantize',
      model,
      '--scheme',
      'int8',
      '--data',
      calibration,
      '-o',
      own,
      '--force',
      '--quiet',
    )();
    const files = [own];
    for (const method of peer ? METHODS : [])
      for (const flags of [[], ['--per-channel']]) {
        const made = join(dir, `${name}-${method}${flags.join('')}.onnx`);
        const done = await python(
          peer.interpreter,
          'int8_static.py',
          model,
          made,
          calibration,
          method,
          ...flags,
        )().then(
          () => true,
          (error) => console.log(`${name}: onnxruntime's ${method} failed: ${lastLine(error.message)}`),
        );
        if (done) files.push(made);
      }
    rows.push(...rowsOf(name, await measure([model, ...files], evaluation)));
    for (const file of files) rmSync(file, { force: true });
  }
  return printTable("static int8: accuracy on held-out data, against onnxruntime's best calibrator", rows);
}

function lastLine(text) {
  return text.trim().split('\n').at(-1);
}

/** The report of `llmc bench`: every model on the same rows, interleaved. */
async function measure(files, data) {
  const bench = command(
    process.execPath,
    join(ROOT, 'bin', 'llmc.js'),
    'bench',
    ...files,
    '--data',
    data,
    '--json',
  );
  return JSON.parse((await bench()).stdout);
}

function rowsOf(name, { models, comparisons }) {
  const metric = Object.keys(models[0].metrics)[0];
  const float = models[0].metrics[metric];
  const lossOf = (model) =>
    metric === 'perplexity' ? model.metrics[metric] / float - 1 : float - model.metrics[metric];
  const peers = models.slice(2).sort((a, b) => lossOf(a) - lossOf(b));
  const [best] = peers;
  const own = models[1];
  const [loss, theirs] = [lossOf(own), best ? lossOf(best) : undefined];
  const show = (value) =>
    metric === 'perplexity' ? `+${(100 * value).toFixed(2)} %` : `${(-100 * value).toFixed(2)} points`;
  const fidelity = [...peers].sort((a, b) => b.fidelity.sqnrDb - a.fidelity.sqnrDb)[0]?.fidelity.sqnrDb;
  const speedOf = (model) =>
    comparisons.find(({ candidate }) => candidate === model?.name)?.speedup?.estimate;
  return [
    {
      what: `${name}: ${metric} (float ${float})`,
      llmc: show(loss),
      ...(best ? { peer: `${show(theirs)} ${best.name.replace(`${name}-`, '')}` } : {}),
      bar: "drop <= 0.3 points, <= 0.5x the best peer's",
      met:
        metric === 'perplexity'
          ? undefined
          : loss <= 0.003 && (theirs === undefined || loss <= Math.max(0, 0.5 * theirs) + 1e-9),
    },
    {
      what: `${name}: SQNR`,
      llmc: `${own.fidelity.sqnrDb.toFixed(1)} dB`,
      ...(best ? { peer: `${fidelity.toFixed(1)} dB` } : {}),
    },
    {
      what: `${name}: speed against float`,
      llmc: `${speedOf(own)?.toFixed(2)}x`,
      ...(best ? { peer: `${Math.max(...peers.map((each) => speedOf(each) ?? 0)).toFixed(2)}x` } : {}),
    },
  ];
}
