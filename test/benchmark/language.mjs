/** Language models under every scheme: perplexity, size and tied tables, beside onnxruntime's Python tools. */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ScoreBoard } from '../../dist/data/metrics/score-board.js';
import { openInputs } from '../../dist/runtime/inputs.js';
import { openSession } from '../../dist/runtime/session.js';
import { findPython, llmc, python, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { printTable } from './table.mjs';
import { storedTables } from './tied.mjs';
import { withModule } from './typescript.mjs';

/** Scheme, options, the most its perplexity may be over the float model's (trained, noise), whether it looks at data. */
const SCHEMES = [
  { name: 'fp16', options: ['--scheme', 'fp16'], most: [1.001, 1.001] },
  { name: 'int8-weights', options: ['--scheme', 'int8-weights'], most: [1.002, 1.01] },
  { name: 'int8-dynamic', options: ['--scheme', 'int8-dynamic'], most: [1.005, 1.02], peer: 'int8-dynamic' },
  { name: 'int8', options: ['--scheme', 'int8'], most: [1.005, 1.02], data: true },
  { name: 'int4', options: ['--scheme', 'int4'], most: [1.06, 1.2], peer: 'int4' },
  ...['hqq', 'kquant', 'gptq'].map((rounding) => ({
    name: `int4, ${rounding} with data`,
    options: ['--scheme', 'int4', '--rounding', rounding],
    // Nothing in noise makes up for the errors of a table that is rounded as a whole.
    most: [1.01, 1.2],
    data: true,
  })),
  { name: 'int4, fp16 rest', options: ['--scheme', 'q4f16'], most: [1.06, 1.2] },
];

/** The table of tokens is larger than any other weight. */
const SIZES = { vocabulary: 2048 };
const FORMS = ['grouped', 'packed', 'multi-head', 'standard', 'plain'];

/** @param {readonly string[]} argv */
export async function language(argv) {
  const { dir } = readOptions(argv, 1);
  const folder = join(dir, 'language');
  mkdirSync(folder, { recursive: true });
  const peer = await findPython();
  console.log(peer ? `peer: onnxruntime ${peer.version} for Python` : 'no Python with onnxruntime: no peer');
  try {
    const models = [trained(), ...(await generated(folder))];
    let kept = true;
    for (const model of models) kept = (await measure(model, folder, peer)) && kept;
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function trained() {
  const data = (name) => join(ROOT, 'fixtures', 'data', `gpt-${name}.npz`);
  return {
    title: 'gpt-bytes: trained, no cache',
    noise: false,
    model: join(ROOT, 'fixtures', 'models', 'gpt-bytes.onnx'),
    calibration: data('calibration'),
    evaluation: data('eval'),
  };
}

/** Noise for weights, and text that these wrote. */
async function generated(folder) {
  return withModule('test/support/decoder/files.ts', async ({ writeDecoder }) => {
    const models = [];
    for (const form of FORMS) {
      const files = await writeDecoder(folder, form, { form, ...SIZES });
      models.push({ title: `decoder with a cache, ${form} attention`, noise: true, ...files });
    }
    return models;
  });
}

async function measure({ title, noise, model, calibration, evaluation }, folder, peer) {
  const base = await perplexity(model, evaluation);
  const peers = peer ? await peersOf(model, evaluation, folder, peer) : {};
  const size = statSync(model).size;
  const table = storedTables(model, 'input_ids', 'logits').bytes;
  const rows = [];
  for (const { name, options, most: bars, data, peer: twin } of SCHEMES) {
    const path = join(folder, 'out.onnx');
    const most = bars[noise ? 1 : 0];
    const given = data ? ['--data', calibration] : [];
    await llmc(
      'quantize',
      model,
      ...options,
      ...given,
      '--check',
      'none',
      '-o',
      path,
      '--force',
      '--quiet',
    )();
    const own = { perplexity: await perplexity(path, evaluation), ...sizesOf(path) };
    const other = peers[twin];
    const ratio = own.perplexity / base;
    rows.push({
      what: name,
      llmc: describe(own, base, size, table),
      ...(peer && twin && !other ? { peer: 'fails' } : {}),
      ...(other ? { peer: describe(other, base, size, table), ratio: own.bytes / other.bytes } : {}),
      bar: `<= ${most}x, one table`,
      met: ratio <= most && own.shared,
    });
  }
  const head = `perplexity ${base.toFixed(3)}, ${(size / 1e6).toFixed(2)} MB`;
  return printTable(`${title}: ${head}; rise of perplexity, size, table; ratio of sizes`, rows);
}

async function peersOf(model, evaluation, folder, { interpreter }) {
  const found = {};
  const names = ['int8-dynamic', 'int4'];
  for (const name of names) rmSync(join(folder, `${name}.onnx`), { force: true });
  await python(interpreter, 'language.py', model, folder)();
  for (const name of names) {
    const path = join(folder, `${name}.onnx`);
    if (!existsSync(path)) continue;
    // Some of what the tools write is refused by their own runtime.
    const score = await perplexity(path, evaluation).catch(() => null);
    if (score !== null) found[name] = { perplexity: score, ...sizesOf(path) };
  }
  return found;
}

function sizesOf(path) {
  const { bytes, shared } = storedTables(path, 'input_ids', 'logits');
  return { bytes: statSync(path).size, table: bytes, shared };
}

function describe({ perplexity: found, bytes, table, shared }, base, size, whole) {
  const rise = `${found >= base ? '+' : ''}${(100 * (found / base - 1)).toFixed(2)}%`;
  const copies = shared ? 'one table' : 'two tables';
  return `${rise}, ${(bytes / size).toFixed(3)}x, ${copies} ${(table / whole).toFixed(2)}x`;
}

async function perplexity(model, data) {
  const session = await openSession(model);
  const inputs = await openInputs(session, { data });
  const board = new ScoreBoard();
  for await (const { feeds, labels } of inputs.batches()) board.add(await session.run(feeds), labels);
  await session.release();
  const { perplexity: found } = board.values();
  if (found === undefined) throw new Error(`no perplexity of ${model}: its outputs fit no labels`);
  return found;
}
