/**
 * A model of 4 GB with external data: peak memory, and time against `cp` of the same files plus the arithmetic on
 * weights in memory, all in one run. `--gigabytes N`, `--scheme NAME` (repeatable), `--keep` the model.
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decoderModel } from './decoder.mjs';
import { command, findPython, inTurns, llmc, node, python } from './measure.mjs';
import { readOptions } from './options.mjs';
import { atMost, megabytes, printTable, seconds, speed } from './table.mjs';

const SCHEMES = { int4: 'int4.py', 'int8-dynamic': 'int8_dynamic.py', fp16: 'fp16.py' };
const MOST_MEMORY = 1.2e9;
/** "No less than half the speed of cp plus the arithmetic." */
const SLOWER = 2;
const ARITHMETIC = fileURLToPath(new URL('arithmetic.mjs', import.meta.url));

/** @param {readonly string[]} argv */
export async function large(argv) {
  const { dir, runs, scheme, gigabytes, keep } = readOptions(argv, 1);
  const files = await decoderModel(dir, gigabytes * 1e9);
  const total = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const output = join(dir, 'decoder-out.onnx');
  const clean = () => {
    for (const name of [output, `${output}.data`, `${output}-copy`]) rmSync(name, { force: true });
  };
  const peer = process.env.LLMC_PYTHON ? await findPython() : null;
  const rows = [];
  try {
    for (const name of scheme ?? Object.keys(SCHEMES)) {
      const programs = {
        copy: command('cp', files.at(-1), `${output}-copy`),
        own: llmc('quantize', files[0], '--scheme', name, '--check', 'none', '-o', output, '--quiet'),
      };
      const { copy, own } = await inTurns(programs, runs, clean);
      const arithmetic = total / Number((await node(ARITHMETIC, name)()).stdout);
      rows.push(...rowsOf(name, { copy, own, arithmetic, total }));
      if (peer) rows.push(await peerRow(name, peer, files[0], output, clean));
      clean();
    }
  } finally {
    clean();
    if (!keep) for (const file of files) rmSync(file, { force: true });
  }
  return printTable(`a model of ${(total / 1e9).toFixed(1)} GB`, rows);
}

function rowsOf(name, { copy, own, arithmetic, total }) {
  const floor = copy.ms + arithmetic;
  return [
    atMost(`${name}: peak memory`, own.peakBytes, megabytes, MOST_MEMORY),
    {
      what: `${name}: time against cp + arithmetic`,
      llmc: seconds(own.ms),
      peer: `${seconds(copy.ms)} + ${seconds(arithmetic)}`,
      ratio: own.ms / floor,
      bar: `<= ${SLOWER}x`,
      met: own.ms <= SLOWER * floor,
    },
    {
      what: `${name}: throughput against cp`,
      llmc: speed(total / own.ms),
      peer: speed(total / copy.ms),
      ratio: copy.ms / own.ms,
    },
  ];
}

/** What the Python tool does with the same model; it may well fail. */
async function peerRow(name, { interpreter }, path, output, clean) {
  clean();
  try {
    const { ms, peakBytes } = await python(interpreter, SCHEMES[name], path, output, '--external')();
    return { what: `${name}: the Python tool`, llmc: '', peer: `${seconds(ms)}, ${megabytes(peakBytes)}` };
  } catch (error) {
    return {
      what: `${name}: the Python tool`,
      llmc: '',
      peer: `failed: ${String(error).trim().split('\n').at(-1)?.slice(0, 60)}`,
    };
  }
}
