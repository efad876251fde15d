/** Silero's voice activity detector quantized: does it judge recordings frame by frame as the float model does? */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPython, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { printTable } from './table.mjs';
import { listen, readRecordings } from './vad-hear.mjs';
import { makeVariants, peerTool, removeVariants, scheme } from './variants.mjs';

const CORPUS = join(ROOT, '.cache', 'corpus');
const MODELS = {
  'silero v5': 'silero-web/package/dist/silero_vad_v5.onnx',
  'silero op15': 'silero-node/package/weights/silero_vad_16k_op15.onnx',
};
const CALIBRATION = join(ROOT, 'fixtures', 'data', 'vad-calibration.npz');
/** Promised: the share of frames judged alike. */
const LEAST = { int8: 0.99 };

/** @param {readonly string[]} argv */
export async function vad(argv) {
  const { dir, scheme: chosen = ['int8', 'int8-dynamic', 'fp16'] } = readOptions(argv, 1);
  const models = Object.entries(MODELS).filter(([, path]) => existsSync(join(CORPUS, path)));
  const recordings = readRecordings();
  if (models.length === 0) console.log('skipped: no silero model in .cache/corpus; run npm run corpus');
  if (recordings.length === 0)
    console.log(
      'skipped: no recordings; apt-get install pocketsphinx-testdata, or name its folder in LLMC_POCKETSPHINX_TESTDATA',
    );
  if (models.length === 0 || recordings.length === 0) return true;
  const peer = await findPython();
  let kept = true;
  for (const [name, path] of models) {
    const model = join(CORPUS, path);
    const recipes = chosen.map((each) => scheme(model, each, each === 'int8' ? CALIBRATION : undefined));
    // Its static quantizer cannot calibrate values inside the branches of an If.
    if (peer) recipes.push(peerTool('dynamic int8', peer.interpreter, 'int8_dynamic.py', model));
    const variants = await makeVariants(model, dir, recipes);
    kept = (await judge(name, variants, recordings)) && kept;
    removeVariants(variants);
  }
  return kept;
}

async function judge(name, variants, recordings) {
  const heard = [];
  for (const { path } of variants) heard.push(await listen(path, recordings));
  const [float] = heard;
  const frames = float.verdicts.length;
  const speech = float.verdicts.filter((p) => p > 0.5).length / frames;
  const rows = variants.slice(1).map((variant, i) => {
    const { verdicts, ms } = heard[i + 1];
    const alike = float.verdicts.filter((p, at) => p > 0.5 === verdicts[at] > 0.5).length / frames;
    const apart = float.verdicts.reduce((sum, p, at) => sum + Math.abs(p - verdicts[at]), 0) / frames;
    const value = `${(100 * alike).toFixed(2)} % alike, ${apart.toFixed(4)} apart on average`;
    const least = LEAST[variant.name];
    return {
      what: `${variant.name}: ${(float.ms / ms).toFixed(2)}x fast, ${(variants[0].bytes / variant.bytes).toFixed(2)}x small`,
      llmc: variant.peer ? '' : value,
      peer: variant.peer ? value : '',
      ...(least === undefined ? {} : { bar: `>= ${100 * least} %`, met: alike >= least }),
    };
  });
  return printTable(
    `${name}: verdicts on ${frames} frames of held-out speech (${(100 * speech).toFixed(0)} % speech), state carried`,
    rows,
  );
}
