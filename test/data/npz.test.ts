import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../src/data/dataset.ts';
import { openDataset, parseDataSpec } from '../../src/data/open.ts';
import { LlmcError } from '../../src/errors.ts';
import { npyFile, zip } from './zip-writer.ts';

const file = (name: string) => fileURLToPath(new URL(`./files/${name}`, import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llmc-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(spec: string, size = 3): Promise<Batch[]> {
  const dataset = await openDataset(parseDataSpec(spec));
  if (dataset === null) throw new Error('no dataset');
  return collect(dataset.batches({ size }));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Values of x in files/README.md, row-major. */
const x = Array.from({ length: 24 }, (_, i) => i * 0.5 - 3);
/** Their float16 patterns: all are exact. */
const half = (value: number) => {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | ((Math.abs(value) / 2 ** exponent - 1) * 1024);
};

describe('archives written by numpy', () => {
  it('yields ragged batches of every element type, byte order and memory order', async () => {
    const batches = await load(file('stored.npz'));
    expect(batches.map((batch) => batch.size)).toEqual([3, 1]);
    const [first, last] = batches as [Batch, Batch];
    expect(first.inputs['x']).toEqual({
      dtype: 'float32',
      dims: [3, 3, 2],
      data: Float32Array.from(x.slice(0, 18)),
    });
    expect(last.inputs['x']).toEqual({
      dtype: 'float32',
      dims: [1, 3, 2],
      data: Float32Array.from(x.slice(18)),
    });
    expect(first.inputs['big']?.data).toEqual(Float64Array.from(x.slice(0, 18)));
    expect(first.inputs['f']).toEqual({
      dtype: 'float16',
      dims: [3, 3, 2],
      data: Uint16Array.from(x.slice(0, 18).map(half)),
    });
    expect(last.inputs['ids']?.data).toEqual(BigInt64Array.of(7n, 2n ** 40n));
    expect(first.inputs['flags']).toEqual({ dtype: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) });
    expect(first.labels?.data).toEqual(Uint8Array.of(3, 1, 2));
    expect(first.inputs['labels']).toBeUndefined();
  });

  it('gives a scalar whole to every batch', async () => {
    for (const batch of await load(file('stored.npz'), 1)) {
      expect(batch.inputs['rate']).toEqual({ dtype: 'int32', dims: [], data: Int32Array.of(16000) });
    }
  });

  it('reads deflated entries the same way', async () => {
    const [first] = await load(`${file('compressed.npz')}?labels=y&limit=2`);
    expect(first?.size).toBe(2);
    expect(first?.inputs['x']?.data).toEqual(Float32Array.from(x.slice(0, 12)));
    expect(first?.inputs['f']?.data).toEqual(Float64Array.from(x.slice(0, 12)));
    expect(first?.inputs['big']?.data).toEqual(Int16Array.from(x.slice(0, 12).map(Math.trunc)));
    expect(first?.labels?.data).toEqual(Uint32Array.of(3, 1));
  });

  it('reads a single .npy for the model input named in the spec', async () => {
    const [first] = await load(`${file('plain.npy')}?input=image`, 4);
    expect(first?.inputs['image']?.data).toEqual(Float32Array.from(x));
  });

  it('refuses pickled objects and says why', async () => {
    await expect(load(file('pickled.npz'))).rejects.toMatchObject({ code: 'DATA', message: /pickled/ });
  });

  it('names the arrays when the labels are not among them', async () => {
    await expect(load(`${file('stored.npz')}?labels=z`)).rejects.toMatchObject({
      code: 'DATA',
      hint: 'arrays: x, big, f, ids, rate, flags, labels',
    });
  });
});

describe('.npy headers', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
  it.each([1, 2, 3] as const)('reads version %i', async (version) => {
    const path = await write(`v${version}.npy`, npyFile(header, bytes, version));
    const [batch] = await load(`${path}?input=a`, 2);
    expect(batch?.inputs['a']).toEqual({ dtype: 'uint8', dims: [2, 3], data: bytes });
  });

  it.each([
    ['no dict', 'hello'],
    ['no shape', "{'descr': '|u1', 'fortran_order': False}"],
    ['shape of names', "{'descr': '|u1', 'fortran_order': False, 'shape': (a,)}"],
    ['huge shape', "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"],
    ['more rows than bytes', "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 3)}"],
    ['structured', "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"],
    ['complex', "{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}"],
    ['long double', "{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}"],
    [
      'a type named like an object property',
      "{'descr': '<constructor', 'fortran_order': False, 'shape': (2,)}",
    ],
    ['no rows', "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 3)}"],
  ])('refuses %s', async (_, text) => {
    const path = await write('bad.npy', npyFile(text, bytes));
    await expect(load(`${path}?input=a`)).rejects.toMatchObject({ name: 'LlmcError', code: 'DATA' });
  });
});

describe('hostile archives', () => {
  const array = npyFile(
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }",
    Uint8Array.of(1, 2, 3, 4, 5, 6),
  );
  const entry = { name: 'x.npy', data: array };

  it.each([
    ['stored', [entry]],
    ['deflated', [{ ...entry, deflate: true }]],
    ['zip64', [{ ...entry, zip64: true }]],
  ])('reads what the test writer makes: %s', async (name, entries) => {
    const [batch] = await load(await write(`${name}.npz`, zip(entries)));
    expect(batch?.inputs['x']?.data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  });

  it.each([
    ['a name that climbs out', [{ ...entry, name: '../x.npy' }]],
    ['an absolute name', [{ ...entry, name: '/x.npy' }]],
    ['a drive letter', [{ ...entry, name: 'C:x.npy' }]],
    ['two entries over the same bytes', [entry, { ...entry, name: 'y.npy', offset: 0 }]],
    ['the same name twice', [entry, entry]],
    ['an impossible ratio', [{ ...entry, deflate: true, size: 2 ** 31 }]],
    ['a stored entry of another size', [{ ...entry, size: 7 }]],
    ['a deflated entry longer than stated', [{ ...entry, deflate: true, size: array.length - 1 }]],
    ['an unknown method', [{ ...entry, method: 12 }]],
    ['encryption', [{ ...entry, flags: 1 }]],
    ['an offset beyond the file', [{ ...entry, offset: 2 ** 30 }]],
    ['no arrays', [{ name: 'x.txt', data: array }]],
    ['no entries', []],
  ])('refuses %s', async (_, entries) => {
    const path = await write('hostile.npz', zip(entries));
    await expect(load(path)).rejects.toMatchObject({ name: 'LlmcError', code: 'DATA' });
  });

  it('never crashes on a flipped or missing byte', async () => {
    for (const [name, step] of [
      ['compressed.npz', 5],
      ['stored.npz', 13],
    ] as const) {
      const original = await readFile(file(name));
      const path = join(folder, 'mutant.npz');
      for (let at = 0; at < original.length; at += step) {
        const mutant = Buffer.from(original);
        mutant[at] = (mutant[at] as number) ^ (at % 2 === 0 ? 0xff : 0x01);
        for (const bytes of [mutant, original.subarray(0, at)]) {
          await writeFile(path, bytes);
          const error = await load(path).then(
            () => null,
            (thrown: unknown) => thrown,
          );
          if (error !== null) expect(error, `byte ${at} of ${name}`).toBeInstanceOf(LlmcError);
        }
      }
    }
  });
});
