/** The same input and options give the same bytes, in separate processes and under other names and thread counts. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bertModel } from './bert.mjs';
import { llmc, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { sha256 } from './roundtrip.mjs';
import { printTable } from './table.mjs';

const SCHEMES = ['int8-dynamic', 'int8-weights', 'int4', 'fp16', 'int8', 'int4 with GPTQ'];
/** What else the schemes are told. */
const OPTIONS = {
  int8: ['--data', 'synthetic', '--samples', '16'],
  // Generated data says nothing to round by: fixtures alone have real ones.
  'int4 with GPTQ': ['--rounding', 'gptq', '--samples', '16'],
};

/** @param {readonly string[]} argv */
export async function determinism(argv) {
  const { dir, runs, scheme } = readOptions(argv, 2);
  const fixtures = join(ROOT, 'fixtures', 'models');
  const models = readdirSync(fixtures)
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(fixtures, name));
  models.push(await bertModel(dir));
  const rows = [];
  for (const name of scheme ?? SCHEMES) {
    let different = 0;
    const suitable = name.includes('GPTQ') ? models.filter((model) => dataOf(model) !== null) : models;
    for (const model of suitable) {
      const sums = [];
      for (let run = 0; run < runs; run++)
        sums.push(await onceMore(model, name, join(dir, `same-${run}`), run));
      if (new Set(sums).size > 1) different++;
    }
    rows.push({
      what: `${name}: ${suitable.length} models, ${runs} times`,
      llmc: `${different} differ`,
      bar: '0',
      met: different === 0,
    });
  }
  return printTable('byte-identical output', rows);
}

/** The calibration data of a fixture; null for other models. */
function dataOf(model) {
  const [kind] = basename(model).split('-');
  const path = join(ROOT, 'fixtures', 'data', `${kind}-calibration.npz`);
  return existsSync(path) ? path : null;
}

async function onceMore(model, scheme, folder, run) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Odd runs have other threads and another folder.
  const output = join(folder, 'out.onnx');
  const threads = run % 2 === 0 ? '1' : '2';
  await llmc(
    'quantize',
    model,
    '--scheme',
    scheme.split(' ')[0],
    ...(OPTIONS[scheme] ?? []),
    ...(scheme.includes('GPTQ') ? ['--data', dataOf(model)] : []),
    '--check',
    'none',
    '--threads',
    threads,
    '-o',
    output,
    '--quiet',
  )();
  const sum = await sha256(output);
  const data = existsSync(`${output}.data`) ? await sha256(`${output}.data`) : '';
  rmSync(folder, { recursive: true });
  return sum + data;
}
