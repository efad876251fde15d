/** PP-OCR quantized: character error rate on rendered lines and overlap of text maps, beside onnxruntime's quantizer. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readBatches } from './feeds.mjs';
import { findPython, ROOT } from './measure.mjs';
import { overlap, pagesOf, writeNpy } from './ocr-pages.mjs';
import { characterErrorRate, decodeLines, writtenLines } from './ocr-text.mjs';
import { readOptions } from './options.mjs';
import { printTable } from './table.mjs';
import { makeVariants, peerTool, removeVariants, scheme } from './variants.mjs';

const ASSETS = join(ROOT, 'node_modules', '@gutenye', 'ocr-models', 'assets');
const CALIBRATION = join(ROOT, 'fixtures', 'data', 'ocr-calibration.npz');
const EVALUATION = join(ROOT, 'fixtures', 'data', 'ocr-eval.npz');
const SPACE = 6624;
/** Promised: the calibrated model reads as well as the float one, to half a point. */
const MOST = { int8: 0.005 };

/** @param {readonly string[]} argv */
export async function ocr(argv) {
  const { dir, scheme: chosen = ['int8', 'int8-dynamic', 'int4', 'fp16'] } = readOptions(argv, 1);
  const peer = await findPython();
  const read = await recognition(dir, chosen, peer);
  const found = await detection(dir, chosen, peer);
  return read && found;
}

function recipes(model, chosen, data, peer) {
  const own = chosen.map((name) => scheme(model, name, name === 'int8' ? data : undefined));
  if (!peer) return own;
  const peers = ['MinMax', 'Percentile'].map((method) =>
    peerTool(method, peer.interpreter, 'int8_static.py', model, data, method, '--per-channel'),
  );
  return [...own, ...peers];
}

async function recognition(dir, chosen, peer) {
  const model = join(ASSETS, 'ch_PP-OCRv4_rec_infer.onnx');
  const variants = await makeVariants(model, dir, recipes(model, chosen, CALIBRATION, peer));
  const batches = await readBatches(EVALUATION, 8);
  const inputs = batches.flatMap(({ x }) => [x, inverted(x)]);
  const written = batches.flatMap(({ text }) => [...writtenLines(text), ...writtenLines(text)]);
  const lines = variants.map(() => []);
  const ms = await inTurns(variants, inputs, (variant, output) =>
    lines[variant].push(...decodeLines(output, SPACE)),
  );
  removeVariants(variants);
  const rates = lines.map((read) => characterErrorRate(read, written));
  const rows = variants.slice(1).map((variant, i) => {
    const [rise, same] = [rates[i + 1] - rates[0], sameLines(lines[0], lines[i + 1])];
    const most = MOST[variant.name];
    const value = `${points(rise)}, ${same} of ${written.length} lines as float`;
    return {
      what: `rec ${variant.name}: ${speedAndSize(variants, ms, i + 1)}`,
      llmc: variant.peer ? '' : value,
      peer: variant.peer ? value : '',
      ...(most === undefined ? {} : { bar: `within ${100 * most} points`, met: Math.abs(rise) <= most }),
    };
  });
  return printTable(
    `character error rate on ${written.length} lines against float (${(100 * rates[0]).toFixed(2)} %)`,
    rows,
  );
}

/** The same lines light on dark, or the other way round; twice the characters, so half the luck. */
function inverted({ dims, data }) {
  return { dims, data: data.map((value) => -value) };
}

async function detection(dir, chosen, peer) {
  const model = join(ASSETS, 'ch_PP-OCRv4_det_infer.onnx');
  const [calibration, evaluation] = await Promise.all(
    [CALIBRATION, EVALUATION].map(async (path) => pagesOf((await readBatches(path, 1000))[0].x)),
  );
  const pages = join(dir, 'ocr-pages.npy');
  writeNpy(pages, calibration);
  const variants = await makeVariants(model, dir, recipes(model, chosen, pages, peer));
  rmSync(pages, { force: true });
  const maps = variants.map(() => []);
  const ms = await inTurns(variants, rowsOf(evaluation), (variant, output) =>
    maps[variant].push(...output.data),
  );
  removeVariants(variants);
  const rows = variants.slice(1).map((variant, i) => {
    const value = `${(100 * overlap(maps[0], maps[i + 1])).toFixed(2)} %`;
    return {
      what: `det ${variant.name}: ${speedAndSize(variants, ms, i + 1)}`,
      llmc: variant.peer ? '' : value,
      peer: variant.peer ? value : '',
    };
  });
  return printTable(`overlap of the text map with float's, ${evaluation.dims[0]} pages`, rows);
}

function rowsOf({ dims: [count, ...dims], data }) {
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => ({
    dims: [1, ...dims],
    data: data.subarray(i * size, (i + 1) * size),
  }));
}

/** Every model on each input before the next input, so that load hits all; milliseconds by model. */
async function inTurns(variants, inputs, take) {
  const sessions = await Promise.all(
    variants.map(({ path }) => InferenceSession.create(path, { logSeverityLevel: 3 })),
  );
  const ms = variants.map(() => 0);
  for (const { dims, data } of inputs)
    for (const [i, session] of sessions.entries()) {
      const x = new Tensor('float32', data, dims);
      const start = performance.now();
      const outputs = await session.run({ [session.inputNames[0]]: x });
      ms[i] += performance.now() - start;
      take(i, outputs[session.outputNames[0]]);
    }
  await Promise.all(sessions.map((session) => session.release()));
  return ms;
}

const points = (value) => `${value < 0 ? '' : '+'}${(100 * value).toFixed(2)} points`;
const sameLines = (a, b) => a.filter((line, i) => line.join() === b[i].join()).length;
const speedAndSize = (variants, ms, i) =>
  `${(ms[0] / ms[i]).toFixed(2)}x fast, ${(variants[0].bytes / variants[i].bytes).toFixed(2)}x small`;
