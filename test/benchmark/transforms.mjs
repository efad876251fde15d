/** Transforms of the float model before static int8: what each gains on data neither has seen, and on planted outliers. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { command, llmc, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { printTable } from './table.mjs';

const FIXTURES = [
  ['fashion-cnn', 'fashion'],
  ['text-transformer-torchscript', 'text'],
  ['text-transformer-dynamo', 'text'],
  ['gpt-bytes', 'gpt'],
];
const CHOICES = [
  [],
  ['equalize'],
  ['smoothquant'],
  ['outlier-channels'],
  ['bias-correction'],
  ['smoothquant', 'bias-correction'],
];
/** Fixtures with factors planted in their channels: the transform, and the decibels it must bring back. */
const PLANTED = [
  ['fashion-cnn', 'fashion', 'equalize', 10],
  ['fashion-cnn', 'fashion', 'smoothquant', 10],
  ['text-transformer-dynamo', 'text', 'smoothquant', 6],
  ['text-transformer-dynamo', 'text', 'outlier-channels', 6],
  ['gpt-bytes', 'gpt', 'smoothquant', 6],
];

/** @param {readonly string[]} argv */
export async function transforms(argv) {
  const { dir } = readOptions(argv, 1);
  const rows = [];
  for (const [name, data] of FIXTURES) {
    const model = join(ROOT, 'fixtures', 'models', `${name}.onnx`);
    const results = await sqnrs(model, data, CHOICES, dir);
    const [plain] = results;
    for (const [at, result] of results.entries())
      rows.push({
        what: `${name}: ${CHOICES[at].join(' + ') || 'as it is'}`,
        llmc: `${result.sqnrDb.toFixed(1)} dB (${(result.sqnrDb - plain.sqnrDb).toFixed(1)}), ${result.metric}`,
      });
  }
  for (const [name, data, transform, least] of PLANTED) {
    const planted = join(dir, `${name}-planted.onnx`);
    await plant(join(ROOT, 'fixtures', 'models', `${name}.onnx`), planted);
    const [plain, better] = await sqnrs(planted, data, [[], [transform]], dir);
    const gain = better.sqnrDb - plain.sqnrDb;
    rows.push({
      what: `${name}, factors planted: ${transform}`,
      llmc: `${plain.sqnrDb.toFixed(1)} -> ${better.sqnrDb.toFixed(1)} dB`,
      bar: `gains >= ${least} dB`,
      met: gain >= least,
    });
    rmSync(planted, { force: true });
  }
  return printTable('transforms: signal-to-noise ratio of static int8 on held-out data', rows);
}

/** Quantizes the model with each choice of transforms and measures all on the same rows. */
async function sqnrs(model, data, choices, dir) {
  const files = choices.map((_, at) => join(dir, `transformed-${at}.onnx`));
  for (const [at, names] of choices.entries())
    await llmc(
      'quantize',
      model,
      '--scheme',
      'int8',
      '--data',
      join(ROOT, 'fixtures', 'data', `${data}-calibration.npz`),
      ...names.flatMap((name) => ['--transform', name]),
      '-o',
      files[at],
      '--force',
      '--quiet',
    )();
  const bench = command(
    process.execPath,
    join(ROOT, 'bin', 'llmc.js'),
    'bench',
    model,
    ...files,
    '--data',
    join(ROOT, 'fixtures', 'data', `${data}-eval.npz`),
    '--json',
  );
  const { models } = JSON.parse((await bench()).stdout);
  for (const file of files) rmSync(file, { force: true });
  return models.slice(1).map(({ fidelity, metrics }) => {
    const [[metric, value]] = Object.entries(metrics);
    return { sqnrDb: fidelity.sqnrDb, metric: `${metric} ${value.toFixed(4)}` };
  });
}

/** An equal model in which every 29th channel of what can be scaled is 30 times as large. */
async function plant(path, out) {
  const load = (file) => import(pathToFileURL(join(ROOT, 'dist', file)).href);
  const { openModel } = await load('onnx/read.js');
  const { encodeModel } = await load('onnx/write.js');
  const { inferTypes } = await load('runtime/shapes.js');
  const { runPasses } = await load('passes/pass.js');
  const { pipelines } = await load('passes/table.js');
  const { silentContext } = await load('step.js');
  const { findMigrations } = await load('quantize/transforms/groups.js');
  const { applyScales } = await load('quantize/transforms/scaling/apply-scales.js');
  const { model } = openModel(path);
  await runPasses(model, pipelines['prepare-quantize'], silentContext());
  await inferTypes(model);
  const { migrations } = await findMigrations(model, () => null, silentContext());
  for (const { group } of migrations)
    applyScales(
      group,
      Float64Array.from({ length: group.size }, (_, k) => (k % 29 === 3 ? 1 / 30 : 1)),
    );
  writeFileSync(out, encodeModel(model));
}
