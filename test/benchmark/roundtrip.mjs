/** `llmc convert` without options: the same bytes again; time and memory against cp and onnx for Python. */
import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { bertModel } from './bert.mjs';
import { command, findPython, inTurns, llmc, python } from './measure.mjs';
import { readOptions } from './options.mjs';
import { against, megabytes, printTable, seconds } from './table.mjs';

/** @param {readonly string[]} argv */
export async function roundtrip(argv) {
  const { dir, runs } = readOptions(argv, 3);
  const path = await bertModel(dir);
  const output = join(dir, 'bert-again.onnx');
  const clean = () => rmSync(output, { force: true });
  const peer = await findPython();
  const programs = {
    copy: command('cp', path, output),
    own: llmc('convert', path, '--check', 'none', '-o', output, '--quiet'),
  };
  if (peer) programs.peer = python(peer.interpreter, 'load_save.py', path, output);
  const measured = await inTurns(programs, runs, clean);
  clean();
  await programs.own();
  const [before, after] = [await sha256(path), await sha256(output)];
  clean();
  const rows = [
    {
      what: 'the same bytes',
      llmc: after.slice(0, 12),
      peer: before.slice(0, 12),
      bar: 'equal',
      met: before === after,
    },
    against('time against cp', measured.own.ms, measured.copy.ms, seconds),
    ...(measured.peer
      ? [
          against('time against Python', measured.own.ms, measured.peer.ms, seconds),
          against('peak memory against Python', measured.own.peakBytes, measured.peer.peakBytes, megabytes),
        ]
      : [{ what: 'peak memory', llmc: megabytes(measured.own.peakBytes) }]),
  ];
  return printTable('convert of a 438 MB model', rows);
}

/** The checksum of a file. */
export async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
