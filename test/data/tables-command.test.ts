/** Files of text and tables on the command line: the same answers as arrays give, and one line for what is broken. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, expect, it } from 'vitest';
import { llmc } from '../cli/harness.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'llmc-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));

const model = join(root, 'fixtures/models/text-transformer-dynamo.onnx');
const tokenizer = join(root, 'fixtures/data/text-tokenizer.json');
const source = readFileSync(join(root, 'fixtures/data/text-eval.jsonl'), 'utf8');
const rows: { sentence: string; label: string }[] = source
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

function bench(path: string, options: string) {
  const quick = ['--runs', '1', '--warmup', '0', '--no-memory', '--no-gzip', '--json'];
  return llmc(['bench', model, ...quick, '--data', `${path}?${options}`]);
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const text = `text=sentence&tokenizer=${encodeURIComponent(tokenizer)}`;
const labelled = `${text}&labels=label&classes=negative,positive`;

it('jsonl, csv and parquet give the same accuracy, in any order and padding', async () => {
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  const csv = ['sentence,label', ...rows.map(({ sentence, label }) => `${quoted(sentence)},${label}`)].join(
    '\n',
  );
  const columnData = (['sentence', 'label'] as const).map((name) => ({
    name,
    data: rows.map((row) => row[name]),
  }));
  const parquet = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 20 }));
  const runs = [
    bench(write('a.jsonl', source), labelled),
    bench(write('a.csv', csv), `${labelled}&padding=max`),
    bench(write('a.parquet', parquet), `${labelled}&shuffle=2&bucket=4`),
  ];
  for (const { code, stdout, stderr } of await Promise.all(runs)) {
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.data.rows).toBe(rows.length);
    expect(report.models[0].metrics.accuracy).toBeCloseTo(58 / 61, 12);
  }
});

const changed = (at: number, line: string) => source.split('\n').toSpliced(at, 1, line).join('\n');
it.each<readonly [string, string, string, RegExp]>([
  ['a malformed line', changed(17, '{"sentence": "x"'), labelled, /line 18: it is no JSON/],
  ['a missing column', source, labelled.replace('=sentence', '=words'), /has no column "words" for text=/],
  ['no tokenizer', source, 'text=sentence&tokenizer=none.json', /cannot read the tokenizer none.json/],
  [
    'text for numbers',
    '{"input_ids":"x","attention_mask":[1]}',
    'limit=1',
    /"input_ids" is string, .* is int64/,
  ],
  [
    'fractions for whole numbers',
    '{"input_ids":[0.5],"attention_mask":[1]}',
    'limit=99',
    /line 1: "input_ids" holds 0.5/,
  ],
])('%s: one line, exit code 2', async (name, content, options, message) => {
  const path = write(`d${name.length}.jsonl`, content);
  const { code, stderr } = await bench(path, options);
  expect(code).toBe(2);
  const lines = stderr.trim().split('\n');
  const errors = lines.filter((line) => line.startsWith('error'));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(message);
  expect(stderr).not.toMatch(/\bat .*\.js/);
});
