/** Tables of text and columns: the same rows come out of JSON lines, CSV and parquet. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../src/data/dataset.ts';
import { fitDataset } from '../../src/data/fit.ts';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { openDataset, parseDataSpec } from '../../src/data/open.ts';
import { uniform } from '../../src/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'llmc-records-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tokenizer = fileURLToPath(new URL('./fixtures/wordpiece/tokenizer.json', import.meta.url));
const text = `text=review&tokenizer=${encodeURIComponent(tokenizer)}`;

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function open(spec: string) {
  const dataset = await openDataset(parseDataSpec(spec));
  if (!dataset) throw new Error('no dataset');
  return dataset;
}

async function load(spec: string, size = 5): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of (await open(spec)).batches({ size })) found.push(batch);
  return found;
}

const valuesOf = (tensor: HostTensor | undefined): number[] =>
  Array.from((tensor?.data ?? []) as ArrayLike<number | bigint>, Number);

const next = uniform(2);
const words = 'the film is warm and true dull slow "quoted", never, funny'.split(' ');
const rows = Array.from({ length: 23 }, (_, at) => ({
  age: Math.floor(next() * 80),
  score: Math.fround(next()),
  review: Array.from(
    { length: 1 + Math.floor(next() * 9) },
    () => words[Math.floor(next() * words.length)],
  ).join(at % 4 === 0 ? '\n' : ' '),
  x: [Math.fround(next()), Math.fround(next()), 3],
  labels: at % 2,
}));

const jsonl = (list: readonly object[] = rows) => list.map((row) => JSON.stringify(row)).join('\n');
const cell = (value: unknown) =>
  `"${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('"', '""')}"`;
function csv(delimiter = ',', list: readonly object[] = rows): string {
  const names = Object.keys(list[0] ?? {}).join(delimiter);
  return [names, ...list.map((row) => Object.values(row).map(cell).join(delimiter))].join('\r\n');
}
function parquet(codec: 'SNAPPY' | 'UNCOMPRESSED' = 'SNAPPY'): Uint8Array {
  const column = <K extends keyof (typeof rows)[number]>(name: K) => rows.map((row) => row[name]);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'age', data: column('age'), type: 'INT32' },
        { name: 'score', data: column('score'), type: 'FLOAT' },
        { name: 'review', data: column('review'), type: 'STRING' },
        { name: 'x', data: column('x') },
        { name: 'labels', data: column('labels').map(BigInt), type: 'INT64' },
      ],
      rowGroupSize: 7,
      codec,
    }),
  );
}

const kinds: readonly (readonly [string, string])[] = [
  ['jsonl', write('a.jsonl', jsonl())],
  ['gzipped jsonl', write('b.jsonl.gz', gzipSync(`\ufeff${jsonl()}\n\n`))],
  ['csv', write('a.csv', csv())],
  ['tsv', write('a.tsv', csv('\t'))],
  ['csv with semicolons', `${write('b.csv', csv(';'))}?delimiter=%3B`],
  ['parquet', write('a.parquet', parquet())],
  ['plain parquet', write('b.parquet', parquet('UNCOMPRESSED'))],
];

const spec = (base: string, options: string) => `${base}${base.includes('?') ? '&' : '?'}${options}`;

describe.each(kinds)('%s', (_, base) => {
  it('gives the numbers, lists and labels of every row, in any order', async () => {
    for (const options of ['limit=23', 'shuffle=4', 'shuffle=4&split=0.3:0.9', 'skip=20']) {
      const dataset = await open(spec(base, options));
      const inputs = ['age', 'score', 'x'].map((name) => ({
        name,
        dtype: 'float32',
        dims: name === 'x' ? ['n', 3] : ['n'],
      }));
      const fit = fitDataset(dataset, inputs, 4);
      const seen: unknown[] = [];
      const want: unknown[] = [];
      for await (const batch of fit.dataset.batches({ size: 4 })) {
        const { age, score, x } = fit.feeds(batch);
        expect(Object.keys(batch.inputs)).not.toContain('review');
        const at = valuesOf(age).map((found, row) =>
          rows.findIndex((each) => each.age === found && each.score === score?.data[row]),
        );
        seen.push(...at);
        want.push(...at.map((row) => rows[row]?.labels));
        expect(valuesOf(x)).toEqual(at.flatMap((row) => rows[row]?.x ?? []));
        expect(valuesOf(batch.labels)).toEqual(at.map((row) => rows[row]?.labels));
        expect(batch.labels?.dtype).toBe('int64');
      }
      expect(seen).toHaveLength(dataset.length);
      expect(new Set(seen).size).toBe(dataset.length);
      if (options === 'limit=23') expect(seen).toEqual(rows.map((__, row) => row));
    }
  });

  it('makes tokens of text, padded to the longest of a batch or to what is asked for', async () => {
    const inputs = ['input_ids', 'attention_mask'].map((name) => ({
      name,
      dtype: 'int64',
      dims: ['n', 's'],
    }));
    const fit = fitDataset(await open(spec(base, text)), inputs);
    expect(fit.ignored).not.toContain('token_type_ids');
    const single = await load(spec(base, text), 1);
    const lengths = single.map(({ inputs: { input_ids: ids } }) => ids?.dims[1] as number);
    for (const [at, batch] of (await load(spec(base, text), 5)).entries()) {
      const { input_ids: ids, attention_mask: mask } = batch.inputs;
      const longest = Math.max(...lengths.slice(5 * at, 5 * at + 5));
      expect(ids?.dims).toEqual([batch.size, longest]);
      for (let row = 0; row < batch.size; row++) {
        const length = lengths[5 * at + row] as number;
        const own = single[5 * at + row]?.inputs['input_ids']?.data as BigInt64Array;
        const padding = new Array(longest - length).fill(0n);
        const part = (data: unknown) => [
          ...(data as BigInt64Array).subarray(row * longest, (row + 1) * longest),
        ];
        expect(part(ids?.data)).toEqual([...own, ...padding]);
        expect(part(mask?.data)).toEqual([...own.map(() => 1n), ...padding]);
      }
    }
    const [max] = await load(spec(base, `${text}&padding=max&maxLength=7`));
    expect(max?.inputs['token_type_ids']?.dims).toEqual([5, 7]);
  });

  it('buckets by length: less padding, the same rows', async () => {
    const total = (batches: readonly Batch[]) =>
      batches.reduce((sum, { inputs }) => sum + (inputs['input_ids']?.data.length ?? 0), 0);
    const real = (batches: readonly Batch[]) =>
      batches.flatMap(({ inputs }) => valuesOf(inputs['attention_mask'])).filter((one) => one === 1).length;
    const plain = await load(spec(base, text), 3);
    const sorted = await load(spec(base, `${text}&bucket=8`), 3);
    expect(real(sorted)).toBe(real(plain));
    expect(total(sorted)).toBeLessThan(total(plain));
  });
});

describe('options', () => {
  const table = write('t.csv', 'a,b,c,name,labels\n1,2,3,x,cat\n4,5,6.5,y,dog\n');

  it('single columns together make one input, alone they get their axis', async () => {
    const fit = fitDataset(await open(`${table}?columns=a,c&labels=a`), [
      { name: 'in', dtype: 'float32', dims: [null, 2] },
    ]);
    const [batch] = await load(`${table}?columns=a,c&labels=a`);
    expect(fit.feeds(batch as Batch)['in']?.data).toEqual(Float32Array.of(1, 3, 4, 6.5));
    const all = await load(`${table}?columns=*&classes=dog,cat&input=in`);
    expect(all[0]?.inputs['in']).toMatchObject({ dims: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6.5) });
    expect(all[0]?.labels?.data).toEqual(BigInt64Array.of(1n, 0n));
    expect(all[0]?.inputs['name']?.data).toEqual(['x', 'y']);
    const one = fitDataset(await open(`${table}?labels=a`), [{ name: 'b', dtype: 'int64', dims: ['n', 1] }]);
    expect(one.feeds(batch as Batch)['b']).toMatchObject({ dims: [2, 1], data: BigInt64Array.of(2n, 5n) });
  });

  it('a cell among numbers that is none is named, as is a table without numbers', async () => {
    const mixed = write('mixed.csv', 'a,b\n1,2\n3,x\n');
    await expect(open(`${mixed}?columns=*`)).rejects.toThrow(
      /mixed.csv, line 3: "x" in column "b" is no number/,
    );
    const other = write('other.csv', 'a;b\n1;2\n3;4\n');
    await expect(open(`${other}?columns=*`)).rejects.toMatchObject({
      message: expect.stringMatching(/no column of single numbers for columns=\*/),
      hint: expect.stringMatching(/"1;2" \(line 2\); is the delimiter another one\?/),
    });
  });

  it('cells may be empty where nobody looks, at the end of a line too', async () => {
    for (const quote of ['', '"']) {
      const path = write(`empty${quote.length}.tsv`, `a\tb\tc\r\n${quote}1${quote}\t\t\r\n\r\n2\t3\t\r\n`);
      const fit = fitDataset(await open(path), [{ name: 'a', dtype: 'float32', dims: ['n'] }], 2);
      for await (const batch of fit.dataset.batches({ size: 2 }))
        expect(fit.feeds(batch)['a']?.data).toEqual(Float32Array.of(1, 2));
    }
  });

  it('pads lists of different sizes, labels with what does not count', async () => {
    const lists = [
      { x: [[1, 2], [3]], labels: [1] },
      { x: [[4], [5], [6, 7, 8]], labels: [1, 2, 3] },
      { x: [], labels: [] },
    ];
    const [batch] = await load(write('ragged.jsonl', jsonl(lists)));
    expect(batch?.inputs['x']).toMatchObject({
      dims: [3, 3, 3],
      data: Float64Array.of(1, 2, 0, 3, 0, 0, 0, 0, 0, 4, 0, 0, 5, 0, 0, 6, 7, 8, ...new Array(9).fill(0)),
    });
    expect((await open(join(folder, 'ragged.jsonl'))).columns[0]?.dims).toEqual([3, null, null]);
    expect(batch?.labels?.data).toEqual(BigInt64Array.of(1n, -100n, -100n, 1n, 2n, 3n, -100n, -100n, -100n));
  });
});

describe('refused, with file, row and column', () => {
  const file = (name: string, content: string | Uint8Array) => write(name, content);
  const numbers = (...values: unknown[]) => jsonl(values.map((x) => ({ x, labels: 1 })));
  const many = (odd: string) =>
    `${`${JSON.stringify({ x: 1, labels: 1 })}\n`.repeat(999)}${odd}\n${'{"x":1,"labels":0}\n'.repeat(999)}`;
  it.each<readonly [string, string, RegExp]>([
    ['a line that is no JSON', file('1.jsonl', many('{"x": 1')), /^1.jsonl, line 1000: it is no JSON/],
    ['a line that is no object', file('2.jsonl', many('[1]')), /^2.jsonl, line 1000: it is no JSON object/],
    ['a missing value', file('3.jsonl', many('{"labels":1}')), /^3.jsonl, line 1000: "x" holds nothing/],
    [
      'text among numbers',
      file('4.jsonl', many('{"x":"a","labels":1}')),
      /^4.jsonl, line 1000: "x" holds "a", which is no number/,
    ],
    [
      'a list among numbers',
      file('5.jsonl', many('{"x":[1],"labels":1}')),
      /line 1000: "x" has a list where/,
    ],
    [
      'lists of odd length',
      file(
        '6.jsonl',
        `${many('{"x":1}').replaceAll('"x":1', '"x":[1,2]').replace('{"x":[1,2]}', '{"x":[1]}')}`,
      ),
      /line 1000: "x" has 1 values in a list where other rows have 2/,
    ],
    [
      'a label that is null',
      file('7.jsonl', many('{"x":1,"labels":null}')),
      /line 1000: "labels" holds nothing/,
    ],
    [
      'a label that is a fraction among whole ones',
      file('8.jsonl', many('{"x":1,"labels":0.5}')),
      /line 1000: "labels" holds 0.5, which is no whole/,
    ],
    [
      'NaN in a table',
      file('9.csv', `x,labels\n${'1,1\n'.repeat(99)}1,NaN\n${'1,1\n'.repeat(400)}`),
      /^9.csv, line 101: "labels" holds NaN/,
    ],
    [
      'a label that is text',
      file('10.csv', 'x,labels\n1,cat\n'),
      /^10.csv, line 2: the label "labels" is text: "cat"/,
    ],
    [
      'a class that is not listed',
      `${file('11.csv', 'x,labels\n1,cat\n2,cow\n')}?classes=cat,dog`,
      /line 3: "labels" is none of the classes: "cow"/,
    ],
    [
      'a labels column that there is not',
      `${file('12.csv', 'x,y\n1,2\n')}?labels=z`,
      /12.csv has no column "z" for labels=/,
    ],
    [
      'a text column that there is not',
      `${file('13.csv', 'x,y\n1,2\n')}?text=z&tokenizer=t.json`,
      /13.csv has no column "z" for text=/,
    ],
    ['text without a tokenizer', `${file('14.csv', 'x,y\n1,2\n')}?text=x`, /has text without a tokenizer/],
    [
      'a tokenizer that there is not',
      `${file('15.csv', 'x,y\n1,2\n')}?text=x&tokenizer=none.json`,
      /cannot read the tokenizer none.json/,
    ],
    ['a row with too few cells', file('16.csv', 'x,y\n1,2\n\n3\n'), /^16.csv, line 4: it has 1 cells/],
    ['an open quote', file('17.csv', 'x,y\n1,2\n"3,4\n5,6\n'), /^17.csv, line 3: its quotes/],
    ['a name twice', file('18.csv', 'x,x\n1,2\n'), /names the column "x" twice/],
    ['no rows', file('19.csv', 'x,y\n'), /19.csv has no rows/],
    ['nothing', file('20.jsonl', ''), /20.jsonl has no rows/],
    ['no parquet', file('21.parquet', 'PAR1 nonsense'), /^cannot read 21.parquet: it is no parquet file/],
    ['a file that is not there', join(folder, 'none.parquet'), /no such data file/],
    ['bytes that do not inflate', file('22.csv.gz', Uint8Array.of(0x1f, 0x8b, 1, 2, 3)), /cannot inflate/],
    [
      'numbers that are no text',
      `${file('23.jsonl', numbers('a', 'b', 3))}?text=x&tokenizer=${encodeURIComponent(tokenizer)}`,
      /line 3: "x" holds no text/,
    ],
    [
      'a list nested without end',
      file('24.jsonl', `{"x":${'['.repeat(5000)}1${']'.repeat(5000)}}`),
      /nothing for .*"x"|"x"/,
    ],
  ])('%s', async (_, data, message) => {
    const read = async () => {
      const dataset = await open(data);
      const dims = dataset.columns.find(({ name }) => name === 'x')?.dims.slice(1) ?? [];
      const inputs = /text=/.test(data) ? [] : [{ name: 'x', dtype: 'float32', dims: ['n', ...dims] }];
      const fit = fitDataset(dataset, inputs, 64);
      for await (const batch of dataset.batches({ size: 64 })) fit.feeds(batch);
    };
    await expect(read()).rejects.toMatchObject({
      name: 'LlmcError',
      message: expect.stringMatching(message),
    });
  });

  it('values that nobody wants may be anything', async () => {
    const path = file('u.jsonl', many('{"x":1,"labels":1,"y":{}}').replace('"x":1', '"y":"?","x":1'));
    const fit = fitDataset(await open(path), [{ name: 'x', dtype: 'float32', dims: ['n'] }]);
    let count = 0;
    for await (const batch of fit.dataset.batches({ size: 100 }))
      count += fit.feeds(batch)['x']?.data.length ?? 0;
    expect(count).toBe(1999);
  });

  it('names that mean something to JavaScript are fields like others', async () => {
    const path = file(
      'p.jsonl',
      '{"__proto__": 1, "constructor": 2, "x": 3}\n{"__proto__": 4, "constructor": 5, "x": 6}\n',
    );
    const [batch] = await load(path);
    expect(Object.getOwnPropertyNames(batch?.inputs)).toContain('constructor');
    expect(batch?.inputs['x']?.data).toEqual(Float64Array.of(3, 6));
  });

  it('a parquet file that ends early is refused wherever it ends', async () => {
    const good = parquet();
    for (let at = 0; at < good.length; at += 13)
      await expect(load(file('cut.parquet', good.subarray(0, at)))).rejects.toMatchObject({ code: 'DATA' });
  });
});
