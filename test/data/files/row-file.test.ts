/** Files of rows that may be damaged at any time, and the folder that holds them. */
import { existsSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeRoom } from '../../../src/data/files/file-room.ts';
import { RowFile, rowFileBytes } from '../../../src/data/files/row-file.ts';
import { uniform } from '../../../src/random.ts';
import { Folder } from '../../support/folder.ts';

const folder = new Folder('row-file');
const [ABOUT, ROWS, BYTES] = ['{"about":"rows"}', 40, 12];
const row = (at: number): Uint8Array => new Uint8Array(BYTES).fill(at === 7 ? 0 : at);

async function filled(name: string, rows: readonly number[]): Promise<string> {
  const path = folder.at(name);
  const file = await RowFile.create(path, ABOUT, ROWS, BYTES);
  await Promise.all(rows.map((at) => file.write(at, row(at))));
  await file.close();
  return path;
}

async function readAll(path: string): Promise<(Uint8Array | null)[]> {
  const file = await RowFile.open(path, ABOUT, BYTES);
  const all = await Promise.all(Array.from({ length: ROWS }, (_, at) => file.read(at)));
  await file.close();
  return all;
}

describe('files of rows', () => {
  it('give back what was written in any order, and nothing else', async () => {
    const rows = [31, 7, 0, 39, 12];
    const path = await filled('some', rows);
    expect(await RowFile.about(path)).toBe(ABOUT);
    expect(statSync(path).size).toBe(rowFileBytes(ABOUT, ROWS, BYTES));
    const wanted = Array.from({ length: ROWS }, (_, at) => (rows.includes(at) ? row(at) : null));
    expect(await readAll(path)).toEqual(wanted);
  });

  it('lose a row, and only that one, to each byte that changes', async () => {
    const path = await filled(
      'whole',
      Array.from({ length: ROWS }, (_, at) => at),
    );
    const bytes = readFileSync(path);
    const start = bytes.length - ROWS * (BYTES + 4);
    const next = uniform(1);
    const below = (most: number): number => Math.floor(next() * most);
    for (let time = 0; time < 40; time++) {
      const at = start + below(bytes.length - start);
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 + below(255));
      writeFileSync(path, changed);
      const lost = Math.floor((at - start) / (BYTES + 4));
      expect(await readAll(path)).toEqual(
        Array.from({ length: ROWS }, (_, each) => (each === lost ? null : row(each))),
      );
    }
    writeFileSync(path, bytes);
    truncateSync(path, start + 10 * (BYTES + 4) + 3);
    expect(await readAll(path)).toEqual(
      Array.from({ length: ROWS }, (_, each) => (each < 10 ? row(each) : null)),
    );
  });

  it('take no row for another one', async () => {
    const path = await filled('moved', [3]);
    const bytes = readFileSync(path);
    const at = bytes.length - ROWS * (BYTES + 4);
    bytes.copyWithin(at + 5 * (BYTES + 4), at + 3 * (BYTES + 4), at + 4 * (BYTES + 4));
    writeFileSync(path, bytes);
    expect((await readAll(path))[5]).toBeNull();
  });
});

describe('room for files', () => {
  it('comes from those used least recently, and from files of the kind alone', async () => {
    for (const [at, name] of ['b.kind', 'a.kind', 'c.kind', 'old.other'].entries()) {
      writeFileSync(folder.at(name), Buffer.alloc(100));
      utimesSync(folder.at(name), at, at);
    }
    const there = () =>
      ['a.kind', 'b.kind', 'c.kind', 'old.other'].filter((name) => existsSync(folder.at(name)));
    const room = { folder: folder.path, mostBytes: 300 };
    expect(await makeRoom(room, '.kind', 301)).toBe(false);
    expect(there()).toHaveLength(4);
    expect(await makeRoom(room, '.kind', 1)).toBe(true);
    expect(there()).toEqual(['a.kind', 'c.kind', 'old.other']);
    expect(await makeRoom(room, '.kind', 250)).toBe(true);
    expect(there()).toEqual(['old.other']);
  });
});
