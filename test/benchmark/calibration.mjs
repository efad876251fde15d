/** Finding ranges of activations: time against onnxruntime's Python calibrators, memory against the number of rows. */
import { join } from 'node:path';
import { findPython, inTurns, node, python, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { against, atMost, megabytes, printTable, seconds } from './table.mjs';

const MODELS = join(ROOT, 'fixtures', 'models');
const DATA = join(ROOT, 'fixtures', 'data');
const ASSETS = join(ROOT, 'node_modules', '@gutenye', 'ocr-models', 'assets');
/** Name, model, data; sets for evaluation, because they have more rows. */
const SUBJECTS = [
  ['fashion-cnn', join(MODELS, 'fashion-cnn.onnx'), join(DATA, 'fashion-eval.npz')],
  ['text-transformer', join(MODELS, 'text-transformer-torchscript.onnx'), join(DATA, 'text-eval.npz')],
  ['PP-OCR rec', join(ASSETS, 'ch_PP-OCRv4_rec_infer.onnx'), join(DATA, 'ocr-calibration.npz')],
];
/** llmc's method, its onnxruntime counterpart, the highest ratio of time promised. */
const METHODS = [
  ['minmax', 'MinMax', 0.5],
  ['percentile', 'Percentile', 0.25],
  ['entropy', 'Entropy', 0.25],
];
const MANY = 512;
const FEW = 32;

/** @param {readonly string[]} argv */
export async function calibration(argv) {
  const { runs } = readOptions(argv, 3);
  const peer = await findPython();
  const rows = [];
  for (const [name, model, data] of SUBJECTS) {
    const own = (method, count) =>
      node(join(ROOT, 'test', 'benchmark', 'calibration-child.mjs'), model, data, method, String(count));
    for (const [method, theirs, most] of METHODS) {
      const programs = { own: own(method, 1e9) };
      if (peer) programs.peer = python(peer.interpreter, 'calibrate.py', model, data, theirs);
      const measured = await inTurns(programs, runs).catch((error) => ({ failed: String(error.message) }));
      if (measured.failed) console.log(`${name} ${method}: ${measured.failed.trim().split('\n').at(-1)}`);
      else if (measured.peer)
        rows.push(against(`${name} ${method}: time`, measured.own.ms, measured.peer.ms, seconds, most));
      else rows.push({ what: `${name} ${method}: time`, llmc: seconds(measured.own.ms) });
    }
    if (data.includes('ocr')) continue; // has fewer rows
    const memory = await inTurns({ many: own('mse', MANY), few: own('mse', FEW) }, runs);
    rows.push(
      atMost(
        `${name}: memory with ${MANY} rows (${FEW}: ${megabytes(memory.few.peakBytes)})`,
        memory.many.peakBytes,
        megabytes,
        1.1 * memory.few.peakBytes,
      ),
    );
  }
  return printTable('finding ranges of activations', rows);
}
