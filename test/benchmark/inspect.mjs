/** How long `llmc inspect` of a 438 MB model takes, and how much memory. */
import { bertModel } from './bert.mjs';
import { inTurns, llmc } from './measure.mjs';
import { readOptions } from './options.mjs';
import { atMost, megabytes, printTable, seconds } from './table.mjs';

/** @param {readonly string[]} argv */
export async function inspect(argv) {
  const { dir, runs } = readOptions(argv, 5);
  const path = await bertModel(dir);
  const { inspected } = await inTurns({ inspected: llmc('inspect', path) }, runs);
  return printTable('llmc inspect of a 438 MB model', [
    atMost('time', inspected.ms, seconds, 1000),
    atMost('peak memory', inspected.peakBytes, megabytes, 250e6),
  ]);
}
