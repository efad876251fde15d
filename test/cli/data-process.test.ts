/** Data of every wrong kind, through `llmc quantize` and `llmc bench`: exit code 2, both sides named, nothing written. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allocate, elementCount, type HostTensor } from '../../src/data/host-tensor.ts';
import { npyFile, zip } from '../data/zip-writer.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { noisyModel } from '../support/quantized.ts';
import { llmc } from './harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin', 'llmc.js');
const built = existsSync(join(ROOT, 'dist', 'cli', 'main.js'));

const folder = new Folder('data-process');
folder.save(
  'image.onnx',
  noisyModel(`g (float[N,3,8,8] x) => (float[N,10] y) <float[192,10] w = {0}, int64[2] shape = {0, 192}>
    { flat = Reshape(x, shape) [mm] y = MatMul(flat, w) }`),
);
folder.save(
  'ids.onnx',
  noisyModel(`g (int64[N,S] input_ids, int64[N,S] attention_mask) => (float[N,S,16] y) <float[100,16] table = {0}>
    { rows = Gather(table, input_ids) wide = Cast<to = 1>(attention_mask)
      axes = Constant<value_ints = [2]>() column = Unsqueeze(wide, axes) y = Mul(rows, column) }`),
);

function tensor(dtype: string, dims: readonly number[], value: number): HostTensor {
  const data = allocate(dtype, elementCount(dims));
  data.fill((data instanceof BigInt64Array ? BigInt(value) : value) as never);
  return { dtype, dims, data };
}

const floats = (...dims: number[]) => tensor('float32', dims, 0.5);
const ids = (...dims: number[]) => tensor('int64', dims, 1);
const good = npz({ x: floats(4, 3, 8, 8), labels: ids(4) });
const bomb = zip([
  {
    name: 'x.npy',
    data: npyFile(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3, 8, 8), }",
      new Uint8Array(64 << 20),
    ),
    deflate: true,
  },
]);

/** Model, what is wrong, the file, what the message says, what the hint says. */
const BAD: readonly (readonly [string, string, Uint8Array, RegExp, RegExp])[] = [
  [
    'image',
    'a wrong name among several arrays',
    npz({ a: floats(4, 3, 8, 8), b: floats(4, 3, 8, 8) }),
    /has nothing for the model's input "x"/,
    /it has: a float32 \[4,3,8,8\], b float32 \[4,3,8,8\]; the model wants: x float32 \[N,3,8,8\]/,
  ],
  [
    'image',
    'a wrong shape',
    npz({ x: floats(4, 3, 9, 9) }),
    /another shape/,
    /x float32 \[4,3,9,9\]; the model wants x float32 \[N,3,8,8\]/,
  ],
  [
    'image',
    'channels last',
    npz({ x: floats(4, 8, 8, 3) }),
    /another shape/,
    /transpose its axes to 0, 3, 1, 2/,
  ],
  ['image', 'NaN', npz({ x: tensor('float32', [4, 3, 8, 8], Number.NaN) }), /"x" holds NaN/, /isfinite/],
  [
    'image',
    'an infinity',
    npz({ x: tensor('float64', [4, 3, 8, 8], Number.POSITIVE_INFINITY) }),
    /"x" holds an infinity/,
    /isfinite/,
  ],
  ['image', 'no rows', npz({ x: floats(0, 3, 8, 8) }), /has no rows/, /at least one row/],
  ['image', 'nothing', new Uint8Array(0), /not a usable zip archive/, /write the file again/],
  [
    'image',
    'a truncated file',
    good.subarray(0, good.length >> 1),
    /not a usable zip/,
    /write the file again/,
  ],
  ['image', 'text', Buffer.from('x,y\n1,2\n'), /not a usable zip archive/, /write the file again/],
  ['image', 'more bytes than the shape takes', bomb, /its shape takes/, /write the file again/],
  [
    'image',
    'arrays of different length',
    npz({ x: floats(4, 3, 8, 8), labels: ids(3) }),
    /different numbers of rows: .*4x3x8x8.*labels 3/,
    /axis 0 must be the row/,
  ],
  [
    'ids',
    'fractions for integers',
    npz({ input_ids: tensor('float32', [2, 5], 0.5), attention_mask: ids(2, 5) }),
    /holds 0.5, which is no int64/,
    /the model wants int64/,
  ],
  [
    'ids',
    'a missing mask where no cache says that it is a decoder',
    npz({ input_ids: ids(2, 5) }),
    /nothing for the model's input "attention_mask"/,
    /the model wants: input_ids int64 \[N,S\], attention_mask int64 \[N,S\]/,
  ],
  [
    'ids',
    'rows of different length in two inputs',
    npz({ input_ids: ids(2, 5), attention_mask: ids(2, 4) }),
    /failed to run/,
    /fed: input_ids int64 \[\d,5\], attention_mask int64 \[\d,4\]/,
  ],
  [
    'ids',
    'an index beyond the table',
    npz({ input_ids: tensor('int64', [2, 5], 100), attention_mask: ids(2, 5) }),
    /failed to run: .*100/,
    /fed: input_ids int64/,
  ],
];

const COMMANDS: readonly (readonly [string, (model: string, output: string) => readonly string[]])[] = [
  ['quantize', (model, output) => ['quantize', model, '--scheme', 'int8-weights', '-o', `${output}.onnx`]],
  ['quantize int8', (model, output) => ['quantize', model, '--scheme', 'int8', '-o', `${output}.onnx`]],
  [
    'bench',
    (model, output) => [
      'bench',
      model,
      '--runs',
      '1',
      '--no-memory',
      '--no-gzip',
      '--report',
      `${output}.json`,
    ],
  ],
];

describe.each(COMMANDS)('llmc %s', (command, argv) => {
  // All kinds meet the first command; the others read data with the same code and take some of them.
  it.each(BAD.filter((_, at) => command === COMMANDS[0]?.[0] || at % 4 === 0))(
    '%s: refuses %s',
    async (model, _what, bytes, message, hint) => {
      writeFileSync(folder.at('data.npz'), bytes);
      const before = folder.list();
      const data = ['--data', folder.at('data.npz'), '--quiet', '--threads', '1'];
      const { code, stdout, stderr } = await llmc([
        ...argv(folder.at(`${model}.onnx`), folder.at('bad')),
        ...data,
      ]);
      const said = stderr.replace(/^warning: .*\n/gm, '');
      expect([code, stdout]).toEqual([2, '']);
      expect(said).toMatch(/^error (DATA|RUNTIME): /);
      expect(said.split('\n')[0]).toMatch(message);
      expect(said).toMatch(/\nhint: /);
      expect(said.slice(said.indexOf('hint: '))).toMatch(hint);
      expect(folder.list()).toEqual(before);
    },
  );

  it('takes what fits', async () => {
    writeFileSync(folder.at('good.npz'), good);
    const output = folder.at(`good-${command.replace(' ', '-')}`);
    const words = [...argv(folder.at('image.onnx'), output), '--data', folder.at('good.npz'), '--quiet'];
    const { code, stderr } = await llmc([...words, '--threads', '1']);
    expect([stderr.replace(/^warning: .*\n/gm, ''), code]).toEqual(['', 0]);
  });
});

// `npm test` builds first; without a build there is nothing to run. One command will do: the others end the same way.
it.skipIf(!built)('as a process: refuses what is broken, takes what fits', () => {
  const run = (file: string, bytes: Uint8Array) => {
    writeFileSync(folder.at(file), bytes);
    const words = [
      'quantize',
      'image.onnx',
      '--scheme',
      'int8',
      '-o',
      'processed.onnx',
      '--data',
      file,
      '--quiet',
    ];
    const { status, stderr } = spawnSync(process.execPath, [BIN, ...words], {
      encoding: 'utf8',
      cwd: folder.path,
    });
    return [stderr.replace(/^warning: .*\n/gm, ''), status];
  };
  expect(run('data.npz', new Uint8Array(0))).toEqual([expect.stringMatching(/^error DATA: /), 2]);
  expect(run('good.npz', good)).toEqual(['', 0]);
});
