/** Ranking layers by sensitivity: what one layer costs, as a multiple of one inference, both on one thread. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './measure.mjs';
import { printTable } from './table.mjs';

const FIXTURES = [
  ['fashion-cnn', 'fashion'],
  ['text-transformer-torchscript', 'text'],
  ['gpt-bytes', 'gpt'],
  ['rnn-lstm', 'rnn'],
];
/** Larger models, where `npm run corpus` has fetched them. */
const CORPUS = ['mlsd/package/ONNX/mlsd_320x320_large.onnx'];
const ROWS = 8;
const ROWS_OF_LARGE = 2;
/** Layers measured at most: the cost of one is asked for. */
const MOST = 12;
/** A layer must not cost more than this many inferences of the model as it is deployed, weights being constants there. */
const PROMISE = 2.5;
/** What takes less than this is dominated by the calls themselves: told, but nothing is promised. */
const LEAST_MS = 3;

/** True when every model keeps the promise. */
export async function sensitivity() {
  const { allNodes } = await import('../../dist/ir/walk.js');
  const { openModel } = await import('../../dist/onnx/read.js');
  const { channelAxis } = await import('../../dist/ops/contraction.js');
  const { specOf } = await import('../../dist/ops/table.js');
  const { rankLayers } = await import('../../dist/quantize/sensitivity/rank.js');
  const { eightBitWeight, fakeQuantized } = await import('../../dist/quantize/sensitivity/stand-in.js');
  const { silentContext } = await import('../../dist/step.js');
  const rows = [];
  const subjects = [
    ...FIXTURES.map(([name, data]) => ({
      name,
      path: join(ROOT, 'fixtures', 'models', `${name}.onnx`),
      spec: join(ROOT, 'fixtures', 'data', `${data}-calibration.npz`),
      samples: ROWS,
    })),
    ...CORPUS.map((file) => ({
      name: basename(file, '.onnx'),
      path: join(ROOT, '.cache', 'corpus', file),
      spec: 'synthetic',
      samples: ROWS_OF_LARGE,
    })),
  ];
  for (const { name, path, spec, samples } of subjects) {
    if (!existsSync(path)) continue;
    const { model } = openModel(path);
    const candidates = [...allNodes(model)].flatMap((node) => {
      const role = specOf(node)?.quant;
      const index = role?.kind === 'compute' ? role.weights.find((at) => node.constant(at)) : undefined;
      if (index === undefined || node.constant(index).dtype !== 'float32') return [];
      const rule = { type: 'int8', symmetric: true, reduceRange: false, axis: channelAxis(node, index) };
      const activation = fakeQuantized(index === 0 ? 1 : 0, { scale: 0.05, zeroPoint: 0 }, 'int8');
      return [{ node, standIns: [eightBitWeight(node, index, rule), activation] }];
    });
    const layers = candidates.slice(0, MOST);
    const inference = await inferenceMs(path, spec);
    const context = silentContext({ threads: 1 });
    const time = async (some) => {
      const started = performance.now();
      await rankLayers(model, some, { data: spec, samples }, context);
      return performance.now() - started;
    };
    await time(layers.slice(0, 1));
    const all = Math.min(await time(layers), await time(layers));
    const ratio = all / (layers.length * samples) / inference;
    rows.push({
      what: `${name}: ${layers.length} layers, ${samples} rows, ${all.toFixed(0)} ms`,
      llmc: `${(all / (layers.length * samples)).toFixed(2)} ms`,
      peer: `${inference.toFixed(2)} ms`,
      ratio,
      ...(inference < LEAST_MS ? {} : { bar: `<= ${PROMISE}`, met: ratio <= PROMISE }),
    });
  }
  return printTable('one layer on one row, everything included, against one inference', rows);
}

/** Median of single-row inferences of the model as it is deployed. */
async function inferenceMs(path, data) {
  const { openInputs } = await import('../../dist/runtime/inputs.js');
  const { openSession } = await import('../../dist/runtime/session.js');
  const session = await openSession(path, { threads: 1 });
  const inputs = await openInputs(session, { data });
  const times = [];
  for (let turn = 0; turn < 2; turn++)
    for await (const { feeds } of inputs.batches(16)) {
      const started = performance.now();
      await session.run(feeds);
      times.push(performance.now() - started);
    }
  await session.release();
  return times.sort((a, b) => a - b)[times.length >> 1];
}
