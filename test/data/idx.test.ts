/** IDX files: every element type, gzip, numbers scaled, damage told. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openDataset, parseDataSpec } from '../../src/data/open.ts';
import { Folder } from '../support/folder.ts';

const folder = new Folder('idx');

/** An IDX file written from its definition. */
function idxFile(code: number, dims: readonly number[], numbers: readonly number[]): Buffer {
  const head = Buffer.from([0, 0, code, dims.length]);
  const sizes = dims.map((dim) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(dim);
    return size;
  });
  const write: Readonly<Record<number, (buffer: Buffer, value: number) => number>> = {
    8: (buffer, value) => buffer.writeUInt8(value),
    9: (buffer, value) => buffer.writeInt8(value),
    11: (buffer, value) => buffer.writeInt16BE(value),
    12: (buffer, value) => buffer.writeInt32BE(value),
    13: (buffer, value) => buffer.writeFloatBE(value),
    14: (buffer, value) => buffer.writeDoubleBE(value),
  };
  const elements = numbers.map((value) => {
    const buffer = Buffer.alloc(8);
    return buffer.subarray(0, write[code]?.(buffer, value));
  });
  return Buffer.concat([head, ...sizes, ...elements]);
}

async function rowsOf(spec: string, size: number): Promise<{ found: number[][]; labels: number[][] }> {
  const dataset = await openDataset(parseDataSpec(spec));
  const found: number[][] = [];
  const labels: number[][] = [];
  for await (const batch of dataset?.batches({ size }) ?? []) {
    found.push(Array.from((batch.inputs['']?.data ?? []) as ArrayLike<number>, Number));
    if (batch.labels) labels.push(Array.from(batch.labels.data as ArrayLike<number>, Number));
  }
  return { found, labels };
}

const numbers = [1, 2, 3, 4, 5, 100];

describe('an IDX file', () => {
  it.each([8, 9, 11, 12, 13, 14])('of type %i is read in batches', async (code) => {
    const path = folder.at(`${code}.idx`);
    writeFileSync(path, idxFile(code, [3, 1, 2], numbers));
    expect((await rowsOf(path, 2)).found).toEqual([
      [1, 2, 3, 4],
      [5, 100],
    ]);
  });

  it('may be gzipped, with labels beside it, scaled', async () => {
    const [images, labels] = [folder.at('x-idx3-ubyte.gz'), folder.at('y-idx1-ubyte.gz')];
    writeFileSync(images, gzipSync(idxFile(8, [3, 2], numbers)));
    writeFileSync(labels, gzipSync(idxFile(8, [3], [7, 8, 9])));
    const spec = `${images}?labels=${labels}&scale=1/2&mean=0.5&std=0.25&limit=2`;
    expect(await rowsOf(spec, 9)).toEqual({ found: [[0, 2, 4, 6]], labels: [[7, 8]] });
  });

  it.each([
    ['cut', idxFile(8, [3, 2], numbers).subarray(0, -1), '', /truncated: 17 of 18 bytes/],
    ['other', Buffer.from('PNG something'), '', /is not in IDX format/],
    ['odd', idxFile(10, [1], []), '', /is not in IDX format/],
    ['gz', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(20)]), '', /cannot be inflated/],
    ['none', idxFile(8, [0, 2], []), '', /has no rows/],
    ['text', idxFile(8, [1], [1]), '?scale=half', /option scale=half .* is not a number/],
    ['zero', idxFile(8, [1], [1]), '?std=0', /cannot be divided by/],
  ])('%s is refused', async (name, bytes, options, message) => {
    const path = folder.at(`${name}.idx`);
    writeFileSync(path, bytes);
    await expect(rowsOf(`${path}${options}`, 1)).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(message),
    });
  });
});
