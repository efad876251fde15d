import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dataKinds, openDataset, parseDataSpec } from '../../src/data/open.ts';
import { sources } from '../../src/data/sources/table.ts';

const parse = (text: string) => {
  const { kind, path, options } = parseDataSpec(text);
  return [kind, path, Object.fromEntries(options)];
};

describe('data specs', () => {
  it.each([
    ['eval.npz', 'npz', 'eval.npz', {}],
    ['EVAL.NPZ', 'npz', 'EVAL.NPZ', {}],
    ['npz:eval.bin', 'npz', 'eval.bin', {}],
    ['npz:a:b.bin', 'npz', 'a:b.bin', {}],
    ['./a:b.npz', 'npz', './a:b.npz', {}],
    ['C:\\data\\eval.npz', 'npz', 'C:\\data\\eval.npz', {}],
    ['d:/eval.npy?limit=3', 'npy', 'd:/eval.npy', { limit: '3' }],
    ['npz:C:\\eval.npz', 'npz', 'C:\\eval.npz', {}],
    ['eval.npz?labels=y&limit=512', 'npz', 'eval.npz', { labels: 'y', limit: '512' }],
    ['eval.npz?labels=a%26b%3D1', 'npz', 'eval.npz', { labels: 'a&b=1' }],
    ['synthetic', 'synthetic', '', {}],
    ['synthetic:?rows=16', 'synthetic', '', { rows: '16' }],
    ['synthetic?rows=16', 'synthetic', '', { rows: '16' }],
  ])('reads %s', (text, kind, path, options) => {
    expect(parse(text)).toEqual([kind, path, options]);
  });

  it.each([
    ['pickle:eval.pkl', /unknown kind.*pickle/, /npy, npz.*, synthetic/],
    ['eval.bin', /cannot tell/, /npz:eval\.bin.*npy, npz.*, synthetic/],
    ['', /cannot tell/, /kinds/],
    ['npz:', /no path/, /npz:path/],
    ['eval.npz?label=y', /unknown option "label"/, /labels .*limit/],
    ['eval.npz?constructor=y', /unknown option "constructor"/, /labels/],
    ['eval.npz?', /unknown option ""/, /labels/],
    ['eval.npz?limit', /no value/, /limit=value/],
    ['eval.npz?limit=', /no value/, /limit=value/],
    ['eval.npz?limit=1&limit=2', /twice/, /keep one/],
    ['eval.npz?labels=%zz', /percent/, /%25/],
  ])('refuses %s', (text, message, hint) => {
    let error: unknown;
    try {
      parseDataSpec(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it.each(['0', '-1', '1.5', '1e3', 'many'])('refuses limit=%s', async (limit) => {
    const spec = parseDataSpec(
      `${fileURLToPath(new URL('./files/stored.npz', import.meta.url))}?limit=${limit}`,
    );
    await expect(openDataset(spec)).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringContaining('limit'),
    });
  });

  it('lists every source file in the table', async () => {
    const folder = new URL('../../src/data/sources/', import.meta.url);
    const files = (await readdir(folder)).filter((name) =>
      /^export const \w+: Source =/m.test(readFileSync(new URL(name, folder), 'utf8')),
    );
    const loaders = files.map((name) => name.replace(/\.ts$/, ''));
    expect(sources.map((source) => source.kind)).toEqual(loaders.sort());
    expect(dataKinds.map((kind) => kind.kind)).toEqual([...loaders, 'synthetic']);
  });
});
