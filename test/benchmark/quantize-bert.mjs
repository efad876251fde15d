/** Quantizing a BERT-base-sized model: llmc against onnxruntime's Python tools, same machine, same run, in turns. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bertModel } from './bert.mjs';
import { findPython, inTurns, llmc, python } from './measure.mjs';
import { readOptions } from './options.mjs';
import { against, megabytes, printTable, seconds } from './table.mjs';

/** What was promised: highest ratios of time and memory. */
const SCHEMES = {
  'int8-dynamic': { script: 'int8_dynamic.py', time: 0.33, memory: 0.6 },
  int4: { script: 'int4.py', time: 0.5, memory: 0.6 },
  fp16: { script: 'fp16.py', time: 0.33, memory: 0.5 },
};

/** @param {readonly string[]} argv */
export async function quantizeBert(argv) {
  const { dir, runs, scheme } = readOptions(argv, 3);
  const path = await bertModel(dir);
  const peer = await findPython();
  console.log(
    peer ? `peer: onnxruntime ${peer.version} for Python` : 'no Python with onnx and onnxruntime: no peer',
  );
  const rows = [];
  for (const name of scheme ?? Object.keys(SCHEMES)) {
    const output = join(dir, 'bert-out.onnx');
    const quantize = (check) =>
      llmc('quantize', path, '--scheme', name, '--check', check, '-o', output, '--quiet');
    const programs = { bare: quantize('none'), checked: quantize('full') };
    if (peer) programs.peer = python(peer.interpreter, SCHEMES[name].script, path, output);
    const clean = () => rmSync(output, { force: true });
    const measured = await inTurns(programs, runs, clean);
    clean();
    rows.push(...rowsOf(name, measured));
  }
  return printTable('quantize of a 438 MB model, without check as the peer has none', rows);
}

function rowsOf(name, { bare, checked, peer }) {
  const { time, memory } = SCHEMES[name];
  const cost = {
    what: `${name}: with the default check`,
    llmc: `${seconds(checked.ms)}, ${megabytes(checked.peakBytes)}`,
    ...(peer ? { peer: seconds(peer.ms), ratio: checked.ms / peer.ms } : {}),
  };
  if (!peer)
    return [
      { what: `${name}: time`, llmc: seconds(bare.ms) },
      { what: `${name}: peak memory`, llmc: megabytes(bare.peakBytes) },
      cost,
    ];
  return [
    against(`${name}: time`, bare.ms, peer.ms, seconds, time),
    // Says what a busy machine hides.
    against(`${name}: processor time`, bare.cpuMs, peer.cpuMs, seconds),
    against(`${name}: peak memory`, bare.peakBytes, peer.peakBytes, megabytes, memory),
    cost,
  ];
}
