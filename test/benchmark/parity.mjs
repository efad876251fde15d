/** `--parity ort` on every fixture and corpus model: what llmc makes beside what onnxruntime's Python tools make. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openModel } from '../../dist/onnx/read.js';
import { differences } from './differences.mjs';
import { findPython, llmc, python, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { printTable } from './table.mjs';

/** What llmc is asked for, by what the peer is asked for (peer/parity.py). */
const MODES = {
  dynamic: ['--scheme', 'int8-dynamic'],
  int4: ['--scheme', 'int4', '--symmetric'],
  static: ['--scheme', 'int8'],
  'static-per-channel': ['--scheme', 'int8', '--per-channel'],
  'static-reduce-range': ['--scheme', 'int8', '--reduce-range'],
  'static-uint8': ['--scheme', 'int8', '--activations', 'uint8', '--weights-type', 'uint8'],
  'static-symmetric': ['--scheme', 'int8', '--symmetric-activations'],
  'static-int16': ['--scheme', 'int8', '--activations', 'int16'],
  'static-percentile': ['--scheme', 'int8', '--calibration', 'percentile'],
  'static-qoperator': ['--scheme', 'int8', '--format', 'qoperator'],
  'static-qoperator-per-channel': ['--scheme', 'int8', '--format', 'qoperator', '--per-channel'],
  'static-entropy': ['--scheme', 'int8', '--calibration', 'entropy'],
};
const FEW = ['dynamic', 'int4', 'static'];

const data = (name) => join(ROOT, 'fixtures', 'data', `${name}-calibration.npz`);
const FIXTURES = [
  ['fashion-cnn', data('fashion')],
  ['fashion-cnn-torchscript', data('fashion')],
  ['text-transformer-torchscript', data('text')],
  ['text-transformer-dynamo', data('text')],
  ['gpt-bytes', data('gpt')],
  ['rnn-lstm', data('rnn')],
  ['rnn-gru', data('rnn')],
].map(([name, npz]) => ({ name, path: join(ROOT, 'fixtures', 'models', `${name}.onnx`), npz, dims: [] }));

/** Sizes of inputs that the models leave open. */
const SILERO = ['input=1,576', 'state=2,1,128'];
const CORPUS = [
  ['blazeface/package/ONNX/face_detection_front_128x128_barracuda.onnx'],
  ['blazeface/package/ONNX/face_detection_back_256x256_barracuda.onnx'],
  ['ppocr/package/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx', 'x=1,3,48,192'],
  ['ppocr/package/assets/ch_PP-OCRv4_rec_infer.onnx', 'x=1,3,48,160'],
  ['ppocr/package/assets/ch_PP-OCRv4_det_infer.onnx', 'x=1,3,96,160'],
  ['mlsd/package/ONNX/mlsd_512x512_tiny.onnx'],
  ['mlsd/package/ONNX/mlsd_320x320_large.onnx'],
  ['detypify/package/train/model.onnx'],
  ['silero-web/package/dist/silero_vad_legacy.onnx', 'input=1,512', 'h=2,1,64', 'c=2,1,64'],
  ['silero-web/package/dist/silero_vad_v6.onnx', ...SILERO],
  ['silero-node/package/weights/silero_vad_op18_ifless.onnx', ...SILERO],
  ['silero-node/package/weights/silero_vad_16k_op15.onnx', ...SILERO],
].map(([path, ...dims]) => ({
  name: path.split('/').at(-1).replace('.onnx', ''),
  path: join(ROOT, '.cache', 'corpus', path),
  npz: null,
  dims,
}));

/** @param {readonly string[]} argv `--all` modes, `--mode NAME`, `--model NAME`, `--dir FOLDER` */
export async function parity(argv) {
  const { values, rest } = ownOptions(argv);
  const { dir } = readOptions(rest, 1);
  const peer = await findPython();
  if (!peer) {
    console.log('no Python with onnx and onnxruntime: nothing to compare with');
    return true;
  }
  const modes = values.mode ?? (values.all ? Object.keys(MODES) : FEW);
  const rows = [];
  for (const subject of [...FIXTURES, ...CORPUS]) {
    if (!existsSync(subject.path) || (values.model && !values.model.includes(subject.name))) continue;
    for (const mode of modes) rows.push(await compare(subject, mode, dir, peer));
  }
  return printTable(`parity with onnxruntime ${peer.version} for Python`, rows);
}

/** Options of this benchmark; the rest is for all. */
function ownOptions(argv) {
  const { values, tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: {
      all: { type: 'boolean', default: false },
      mode: { type: 'string', multiple: true },
      model: { type: 'string', multiple: true },
      dir: { type: 'string' },
    },
  });
  const dir = tokens.find(({ name }) => name === 'dir')?.value;
  return { values, rest: dir ? ['--dir', dir] : [] };
}

async function compare({ name, path: given, npz, dims }, mode, dir, peer) {
  const what = `${name}: ${mode}`;
  const [own, theirs, noise, raised] = ['own', 'theirs', 'npz', 'raised'].map((kind) =>
    join(dir, `parity.${kind}.onnx`),
  );
  const samples = npz ?? noise.replace('.onnx', '');
  try {
    const path = await atLeast(mode.endsWith('int16') ? 21 : 10, given, raised);
    if (!npz) await python(peer.interpreter, 'noise.py', path, samples, ...dims)();
    const made = await attempt(python(peer.interpreter, 'parity.py', path, theirs, mode, samples));
    const options = [
      ...MODES[mode],
      ...(mode.startsWith('static') ? ['--data', samples, '--samples', '1000000'] : []),
    ];
    const argv = [path, ...options, '--parity', 'ort', '--check', 'none', '-o', own, '--force', '--quiet'];
    const ours = await attempt(llmc('quantize', ...argv));
    if (made) return { what, llmc: ours ?? 'made', peer: made };
    if (ours) return { what, llmc: ours, peer: 'made', met: false };
    const found = differences(openModel(own).model, openModel(theirs).model);
    for (const line of found.slice(0, 6)) console.log(`${what}: ${line}`);
    return {
      what,
      llmc: found.length === 0 ? 'SAME' : `${found.length} differences`,
      met: found.length === 0,
    };
  } finally {
    for (const file of [own, theirs, raised, `${theirs}.prepared`, ...(npz ? [] : [samples])])
      rmSync(file, { force: true });
  }
}

/** A model of at least this opset: what the tools do to older ones first, each does in its own way. */
async function atLeast(opset, path, raised) {
  if (openModel(path).model.opset >= opset) return path;
  await llmc(
    'convert',
    path,
    '--opset',
    String(Math.max(opset, 11)),
    '--check',
    'none',
    '-o',
    raised,
    '--force',
    '--quiet',
  )();
  return raised;
}

/** The last line of what a program complained about, null when it did its work. */
async function attempt(program) {
  try {
    await program();
    return null;
  } catch (error) {
    return error.message.trim().split('\n').at(-1).slice(0, 90);
  }
}
