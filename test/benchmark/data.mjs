/** Reading data: megabytes per second of llmc's sources, beside the library each of them is built on. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { built } from './feeds.mjs';
import { printTable } from './table.mjs';

const ROWS = 10_000;
const BATCH = 64;

/** What a loader must reach where the library below it does. */
const BAR = 100;

/** Part of the library's own speed that is left where that is slower. */
const SHARE = 0.7;

const TOKENIZER = fileURLToPath(new URL('../data/fixtures/wordpiece/tokenizer.json', import.meta.url));

/** @returns {Promise<boolean>} */
export async function data() {
  const folder = mkdtempSync(join(tmpdir(), 'llmc-data-'));
  try {
    return printTable(`${ROWS} rows in batches of ${BATCH}, opening included`, [
      ...(await arrays(folder)),
      await jsonLines(folder),
      await cells(folder),
      ...(await columnar(folder)),
      await tokens(folder),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Seconds of the fastest of three runs. */
async function seconds(work) {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    await work();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

/** Seconds llmc takes, in this thread. */
async function llmc(spec) {
  const { openHere, parseDataSpec } = await built('data/open.js');
  return seconds(async () => {
    const dataset = await openHere(parseDataSpec(spec));
    for await (const { inputs } of dataset.batches({ size: BATCH })) if (!inputs) throw new Error('nothing');
  });
}

function row(what, bytes, mine, library, peer) {
  const rate = bytes / 1e6 / mine;
  const ratio = library === undefined ? undefined : library / mine;
  return {
    what: `${what} (${(bytes / 1e6).toFixed(0)} MB)`,
    llmc: `${rate.toFixed(0)} MB/s`,
    peer: library === undefined ? '' : `${peer} ${(bytes / 1e6 / library).toFixed(0)} MB/s`,
    ratio,
    bar: `${BAR} MB/s or ${SHARE} of the library`,
    met: rate >= BAR || (ratio ?? 0) >= SHARE,
  };
}

const value = (at, i) => Math.fround(Math.sin(at * 31 + i));

async function arrays(folder) {
  const { npyFile } = await import('./npy-file.mjs');
  const width = 3072;
  const path = join(folder, 'x.npy');
  const x = Float32Array.from({ length: ROWS * width }, (_, at) => at % 977);
  writeFileSync(path, npyFile('<f4', [ROWS, width], x));
  const library = await seconds(() => readFileSync(path));
  return [
    row('npy', x.byteLength, await llmc(path), library, 'readFile'),
    row('npy, shuffled', x.byteLength, await llmc(`${path}?shuffle=1`), library, 'readFile'),
  ];
}

async function jsonLines(folder) {
  const path = join(folder, 'x.jsonl');
  const line = (at) =>
    JSON.stringify({ x: Array.from({ length: 256 }, (_, i) => value(at, i)), labels: at % 10 });
  const text = Array.from({ length: ROWS }, (_, at) => line(at)).join('\n');
  writeFileSync(path, text);
  const library = await seconds(() => {
    for (const each of readFileSync(path, 'utf8').split('\n')) JSON.parse(each);
  });
  return row('jsonl, 256 numbers a row', text.length, await llmc(path), library, 'JSON.parse');
}

async function cells(folder) {
  const { parse } = await import('csv-parse/sync');
  const path = join(folder, 'x.csv');
  const names = Array.from({ length: 64 }, (_, i) => `c${i}`);
  const lines = Array.from({ length: ROWS }, (_, at) => names.map((_, i) => value(at, i)).join(','));
  const text = [names.join(','), ...lines].join('\n');
  writeFileSync(path, text);
  const library = await seconds(() => parse(readFileSync(path)));
  return row('csv, 64 columns', text.length, await llmc(`${path}?columns=*`), library, 'csv-parse');
}

async function columnar(folder) {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const { parquetScan, asyncBufferFromFile } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const measure = async (what, columnData) => {
    const path = join(folder, 'x.parquet');
    const bytes = Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 1000, codec: 'SNAPPY' }));
    writeFileSync(path, bytes);
    const library = await seconds(async () => {
      const scan = await parquetScan({ file: await asyncBufferFromFile(path), compressors });
      for (const range of scan.ranges)
        for (const { name } of columnData) await scan.readColumn({ column: name, ...range });
    });
    return row(what, bytes.length, await llmc(path), library, 'hyparquet');
  };
  const numbers = Array.from({ length: 64 }, (_, i) => ({
    name: `c${i}`,
    data: Float32Array.from({ length: ROWS }, (_, at) => value(at, i)),
    type: 'FLOAT',
  }));
  const lists = Array.from({ length: ROWS }, (_, at) => Array.from({ length: 256 }, (_, i) => value(at, i)));
  return [
    await measure('parquet, 64 columns', numbers),
    await measure('parquet, 256 numbers a row', [{ name: 'x', data: lists }]),
  ];
}

async function tokens(folder) {
  const { Tokenizer } = await import('@huggingface/tokenizers');
  const path = join(folder, 'text.jsonl');
  const words = 'the quick brown fox jumps over a lazy dog film that is warm funny and true'.split(' ');
  const sentence = (at) =>
    Array.from({ length: 40 }, (_, i) => words[(at * 7 + i * i) % words.length]).join(' ');
  const texts = Array.from({ length: ROWS }, (_, at) => sentence(at));
  const text = texts.map((each) => JSON.stringify({ text: each })).join('\n');
  writeFileSync(path, text);
  const tokenizer = new Tokenizer(JSON.parse(readFileSync(TOKENIZER, 'utf8')), {});
  const library = await seconds(() => {
    for (const each of texts) tokenizer.encode(each);
  });
  const mine = await llmc(`${path}?text=text&tokenizer=${encodeURIComponent(TOKENIZER)}`);
  return row('text through a tokenizer', text.length, mine, library, 'tokenizers');
}
