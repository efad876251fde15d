/** Finding ranges of activations: time against onnxruntime's Python calibrators, memory against the number of rows. */
import { join } from 'node:path';
import { findPython, inTurns, node, python, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { against, atMost, megabytes, printTable, seconds } from './table.mjs';

const FIXTURES = [
  ['fashion-cnn', 'fashion'],
  ['text-transformer-torchscript', 'text'],
];
// More rows than the sets for calibration have.
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
  for (const [name, folder] of FIXTURES) {
    const model = join(ROOT, 'fixtures', 'models', `${name}.onnx`);
    const data = join(ROOT, 'fixtures', 'data', `${folder}-eval.npz`);
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
