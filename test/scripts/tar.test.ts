/** The tar reader of the corpus script: names, long names, links and damage. */

import { describe, expect, it } from 'vitest';

// The scripts run before anything is compiled, so they are plain JavaScript, and a test says their types itself.
const { tarFiles } = (await import(new URL('../../scripts/tar.mjs', import.meta.url).href)) as {
  tarFiles(archive: Buffer): Iterable<{ path: string; bytes: Buffer }>;
};

/** One archive entry: a ustar header with a right checksum, then the bytes padded to whole blocks. */
function entry(name: string, body: string, type = '0', prefix = ''): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345);
  header.fill(0x20, 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A pax record, whose length counts its own digits. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length++;
  return `${length} ${key}=${value}\n`;
}

const archive = (...entries: Buffer[]) => Buffer.concat([...entries, Buffer.alloc(1024)]);
const read = (bytes: Buffer) => [...tarFiles(bytes)].map(({ path, bytes: body }) => [path, body.toString()]);

describe('tarFiles', () => {
  it('reads files of any size around the block size', () => {
    for (const size of [0, 1, 511, 512, 513, 2048]) {
      const body = 'x'.repeat(size);
      expect(read(archive(entry('a', body), entry('b', 'end')))).toEqual([
        ['a', body],
        ['b', 'end'],
      ]);
    }
  });

  it('joins prefix and name', () => {
    expect(read(archive(entry('name', '', '0', 'some/folder')))).toEqual([['some/folder/name', '']]);
  });

  it('takes long names from pax and GNU headers, for the next file only', () => {
    const long = `${'ä/'.repeat(200)}end`;
    const pax = archive(
      entry('pax', record('mtime', '1') + record('path', long), 'x'),
      entry('cut', '1'),
      entry('next', '2'),
    );
    const gnu = archive(entry('gnu', `${long}\0`, 'L'), entry('cut', '1'), entry('next', '2'));
    const expected = [
      [long, '1'],
      ['next', '2'],
    ];
    expect(read(pax)).toEqual(expected);
    expect(read(gnu)).toEqual(expected);
  });

  it('passes over links, folders and global headers', () => {
    const others = ['1', '2', '3', '5', 'g'].map((type) =>
      entry('other', type === 'g' ? record('path', 'no') : '', type),
    );
    expect(read(archive(...others, entry('file', 'body')))).toEqual([['file', 'body']]);
  });

  it('refuses damaged and cut archives', () => {
    const whole = archive(entry('file', 'body'.repeat(300)));
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(3) ^ 1, 3);
    expect(() => read(damaged)).toThrow('damaged header');
    expect(() => read(whole.subarray(0, 1024))).toThrow('cut off');
    expect(() => read(archive(entry('pax', 'path=without length', 'x')))).toThrow('damaged header');
  });
});
