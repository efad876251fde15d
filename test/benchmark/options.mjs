/** Options the benchmarks share. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './measure.mjs';

/**
 * `--dir FOLDER` for generated models (default .cache/bench), `--runs N`, `--keep` what is large.
 * @param {readonly string[]} argv
 * @param {number} runs how often by default
 */
export function readOptions(argv, runs) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      dir: { type: 'string', default: join(ROOT, '.cache', 'bench') },
      runs: { type: 'string', default: String(runs) },
      keep: { type: 'boolean', default: false },
      scheme: { type: 'string', multiple: true },
      gigabytes: { type: 'string', default: '4' },
    },
  });
  mkdirSync(values.dir, { recursive: true });
  return { ...values, runs: Number(values.runs), gigabytes: Number(values.gigabytes) };
}
