/** Rounding methods: the error of a layer on correlated inputs, and what they cost a language model, beside the Python tools. */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ScoreBoard } from '../../dist/data/metrics/score-board.js';
import { descend } from '../../dist/numeric/descent.js';
import { gptq } from '../../dist/numeric/gptq.js';
import { hessianOf } from '../../dist/numeric/hessian.js';
import { layerErrors, nearestLayer } from '../../dist/numeric/layer.js';
import { quadraticForm } from '../../dist/numeric/linalg.js';
import { encodeModel } from '../../dist/onnx/write.js';
import { normal } from '../../dist/random.js';
import { openInputs } from '../../dist/runtime/inputs.js';
import { RuntimeMatrixEngine } from '../../dist/runtime/matrix-engine.js';
import { openSession } from '../../dist/runtime/session.js';
import { findPython, llmc, python, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { simulate } from './rounding-simulate.mjs';
import { printTable, seconds } from './table.mjs';

const MODEL = join(ROOT, 'fixtures', 'models', 'gpt-bytes.onnx');
const CALIBRATION = join(ROOT, 'fixtures', 'data', 'gpt-calibration.npz');
const EVALUATION = join(ROOT, 'fixtures', 'data', 'gpt-eval.npz');

/** Method, and whether it is shown data. */
const METHODS = [
  ['nearest', false],
  ['hqq', false],
  ['kquant', false],
  ['hqq', true],
  ['kquant', true],
  ['awq', true],
  ['adaround', true],
  ['gptq', true],
];
/** Methods that do without data, too. */
const OPTIONAL = ['hqq', 'kquant'];
const PEERS = ['rtn', 'hqq', 'kquant', 'gptq'];
const WIDTHS = [4, 3, 2];

/** What was promised. */
const LAYER_RATIO = 0.35;
const RISE_RATIO = 0.6;

/** @param {readonly string[]} argv */
export async function rounding(argv) {
  const { dir } = readOptions(argv, 1);
  const layers = await layerRows();
  const kept = printTable(
    'squared error of a layer, correlated inputs of uneven size, GPTQ over nearest',
    layers,
  );
  const peer = await findPython();
  console.log(
    peer ? `\npeer: onnxruntime ${peer.version} for Python` : '\nno Python with onnxruntime: no peer',
  );
  const folder = join(dir, 'rounding');
  mkdirSync(folder, { recursive: true });
  try {
    if (peer)
      await python(peer.interpreter, 'rounding.py', MODEL, CALIBRATION, folder, ...WIDTHS.map(String))();
    const rises = await riseRows(folder, peer !== null);
    const files = await fileRows(folder);
    const same = printTable(
      'rise of perplexity, blocks of 32 in the matrices that the Python tools take, weights as floats',
      rises,
    );
    const whole = printTable(
      'rise of perplexity of files, tables and the tied projection in blocks too',
      files,
    );
    return kept && same && whole;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const LAYERS = [
  { inputs: 768, outputs: 768, bits: 4 },
  { inputs: 768, outputs: 768, bits: 3 },
  { inputs: 768, outputs: 768, bits: 2 },
  { inputs: 3072, outputs: 768, bits: 4 },
];

async function layerRows() {
  const engine = new RuntimeMatrixEngine(0);
  const rows = [];
  for (const { inputs, outputs, bits } of LAYERS) {
    const grid = { inputs, outputs, bits, blockSize: 32, symmetric: false };
    const next = normal(inputs);
    const weight = Float32Array.from({ length: inputs * outputs }, () => 0.02 * next());
    const gram = await correlated(inputs, 2 * inputs, next, engine);
    const start = performance.now();
    const { values } = hessianOf(gram, inputs);
    const rounded = await gptq(weight, values, grid, engine);
    const best = await descend(rounded, weight, Float32Array.from(values), grid, engine);
    const ms = performance.now() - start;
    const single = Float32Array.from(gram.sum);
    const error = (layer) => quadraticForm(layerErrors(weight, layer, grid), single, inputs, outputs, engine);
    const nearest = await error(nearestLayer(weight, grid));
    const alone = (await error(rounded)) / nearest;
    const ratio = (await error(best)) / nearest;
    rows.push({
      what: `${inputs} x ${outputs}, ${bits} bits`,
      llmc: `${seconds(ms)}; without descent ${alone.toFixed(3)}x`,
      ratio,
      bar: `<= ${LAYER_RATIO}x`,
      met: ratio <= LAYER_RATIO && alone <= LAYER_RATIO,
    });
  }
  await engine.release();
  return rows;
}

/** Inputs of an eighth as many causes, some noise, sizes e apart. */
async function correlated(size, rows, next, engine) {
  const causes = size >> 3;
  const mixing = Float32Array.from({ length: causes * size }, () => next() / Math.sqrt(causes));
  const source = Float32Array.from({ length: rows * causes }, next);
  const sizes = Float64Array.from({ length: size }, () => Math.exp(0.7 * next()));
  const inputs = await engine.multiply(source, mixing, rows, causes, size);
  for (let i = 0; i < inputs.length; i++) inputs[i] = (inputs[i] + 0.1 * next()) * sizes[i % size];
  return { sum: Float64Array.from(await engine.gram(inputs, inputs, rows, size, size)), rows };
}

async function riseRows(folder, hasPeer) {
  const float = await perplexity(MODEL);
  const rows = [];
  for (const bits of WIDTHS) {
    const peers = {};
    for (const name of hasPeer ? PEERS : [])
      peers[name] = (await perplexity(join(folder, `${name}-${bits}.onnx`))) - float;
    const own = {};
    for (const [method, shown] of METHODS) {
      const model = await simulate(MODEL, method, bits, shown ? CALIBRATION : undefined);
      const name = shown && OPTIONAL.includes(method) ? `${method} with data` : method;
      if (model) own[name] = (await perplexity({ model: encodeModel(model) })) - float;
    }
    rows.push(...Object.keys(own).map((method) => riseRow(bits, method, own, peers)));
  }
  return rows;
}

function riseRow(bits, method, own, peers) {
  const rise = own[method];
  const twin = peers[method === 'nearest' ? 'rtn' : method.replace(' with data', '')];
  const row = {
    what: `${bits} bits, ${method}`,
    llmc: `${rise.toFixed(4)}, ${(rise / own.nearest).toFixed(2)}x nearest`,
  };
  if (twin !== undefined) Object.assign(row, { peer: twin.toFixed(4), ratio: rise / twin });
  if (method.endsWith(' with data'))
    return { ...row, bar: `<= ${RISE_RATIO}x nearest`, met: rise <= RISE_RATIO * own.nearest };
  if (method !== 'gptq') return row;
  const all = Object.values(peers);
  const best = Math.min(...all);
  const bar = `<= ${RISE_RATIO}x nearest${all.length > 0 ? `, < ${best.toFixed(4)}` : ''}`;
  return { ...row, bar, met: rise <= RISE_RATIO * own.nearest && (all.length === 0 || rise < best) };
}

async function fileRows(folder) {
  const float = await perplexity(MODEL);
  const rows = [];
  for (const bits of [4, 2]) {
    let nearest = Number.NaN;
    for (const [method, shown] of METHODS.filter(([name]) => name !== 'awq' && name !== 'adaround')) {
      const path = join(folder, 'out.onnx');
      const data = shown ? ['--data', CALIBRATION] : [];
      const options = ['--scheme', 'int4', '--bits', `${bits}`, '--rounding', method, ...data];
      await llmc('quantize', MODEL, ...options, '--check', 'none', '-o', path, '--force', '--quiet')();
      const rise = (await perplexity(path)) - float;
      if (method === 'nearest') nearest = rise;
      rows.push({
        what: `${bits} bits, ${method}${shown ? ' with data' : ''}, ${statSync(path).size} bytes`,
        llmc: `${rise.toFixed(4)}, ${(rise / nearest).toFixed(2)}x nearest`,
        ...(shown ? { bar: `<= ${RISE_RATIO}x nearest`, met: rise <= RISE_RATIO * nearest } : {}),
      });
    }
  }
  return rows;
}

async function perplexity(model) {
  const session = await openSession(model);
  const inputs = await openInputs(session, { data: EVALUATION });
  const board = new ScoreBoard();
  for await (const { feeds, labels } of inputs.batches()) board.add(await session.run(feeds), labels);
  await session.release();
  return board.values().perplexity;
}
