import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RowCache } from '../../../src/data/files/row-cache.ts';
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { Folder } from '../../support/folder.ts';

const folder = new Folder('row-cache');
const ROW_BYTES = 4096;

function file(name: string, text: string): string {
  writeFileSync(folder.at(name), text);
  return folder.at(name);
}

function row(value: number): HostTensor {
  return { dtype: 'float32', dims: [2, ROW_BYTES / 8], data: new Float32Array(ROW_BYTES / 4).fill(value) };
}

/** Paths of what is kept. */
function kept(name: string): string[] {
  const all = readdirSync(folder.at(name), { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path.endsWith('.row')).map((path) => join(folder.at(name), path));
}

async function cache(name: string, recipe = 'a', mostBytes = 1e6) {
  const opened = await RowCache.open({ folder: folder.at(name), mostBytes, recipe });
  let made = 0;
  return {
    async get(path: string, value: number): Promise<HostTensor> {
      return opened.through(path, async () => {
        made++;
        return row(value);
      });
    },
    made: () => made,
  };
}

describe('what is kept of files', () => {
  const one = file('one.txt', 'one');

  it('is made once, and the same bits in another run', async () => {
    const first = await cache('once');
    expect(await first.get(one, 0.1)).toEqual(row(0.1));
    expect(await first.get(one, 2)).toEqual(row(0.1));
    const later = await cache('once');
    expect(await later.get(one, 2)).toEqual(row(0.1));
    expect([first.made(), later.made()]).toEqual([1, 0]);
  });

  it('goes by content, wherever it lies, and by the recipe', async () => {
    const [same, other] = [file('copy.txt', 'one'), file('other.txt', 'two')];
    const first = await cache('content');
    await first.get(one, 1);
    expect([await first.get(same, 2), await first.get(other, 3)]).toEqual([row(1), row(3)]);
    expect(await (await cache('content', 'b')).get(one, 4)).toEqual(row(4));
    writeFileSync(same, 'changed');
    expect(await first.get(same, 5)).toEqual(row(5));
  });

  it('stays within its size, and the least recently used goes first', async () => {
    const most = 10 * (ROW_BYTES + 100);
    const files = Array.from({ length: 30 }, (_, at) => file(`f${at}`, `content ${at}`));
    const filled = await cache('full', 'a', most);
    const hourAgo = Date.now() / 1000 - 3600;
    for (const [at, path] of files.slice(0, 9).entries()) {
      const before = kept('full');
      await filled.get(path, at);
      for (const fresh of kept('full').filter((each) => !before.includes(each)))
        utimesSync(fresh, hourAgo + at, hourAgo + at);
    }
    // The oldest is used once more.
    await (await cache('full', 'a', most)).get(files[0] as string, -1);
    const later = await cache('full', 'a', most);
    await Promise.all(files.slice(9, 15).map((path) => later.get(path, 9)));
    expect(kept('full').reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThanOrEqual(most);
    expect(await later.get(files[0] as string, -1)).toEqual(row(0));
    expect(await later.get(files[1] as string, -1)).toEqual(row(-1));
  });

  it('is made again where it was damaged, and files that are not its own stay', async () => {
    const first = await cache('damaged');
    await first.get(one, 1);
    const [path = ''] = kept('damaged');
    const whole = readFileSync(path);
    for (const damaged of [
      whole.subarray(0, 100),
      Buffer.from('{"dtype":"none","dims":[1]}\n'),
      Buffer.of(),
    ]) {
      writeFileSync(path, damaged);
      expect(await (await cache('damaged')).get(one, 1)).toEqual(row(1));
      expect(readFileSync(path)).toEqual(whole);
    }
    writeFileSync(join(folder.at('damaged'), 'notes.txt'), 'x'.repeat(5000));
    const small = await cache('damaged', 'b', ROW_BYTES + 100);
    await small.get(one, 2);
    expect(readdirSync(folder.at('damaged'))).toContain('notes.txt');
    expect(kept('damaged')).toHaveLength(1);
  });

  it('is nothing where it would not fit or failed, and a folder that is a file is an error', async () => {
    const tiny = await cache('tiny', 'a', 10);
    expect(await tiny.get(one, 1)).toEqual(row(1));
    expect(kept('tiny')).toEqual([]);
    const opened = await RowCache.open({ folder: folder.at('failing'), mostBytes: 1e6, recipe: '' });
    await expect(opened.through(one, () => Promise.reject(new Error('no picture')))).rejects.toThrow(
      'no picture',
    );
    expect(kept('failing')).toEqual([]);
    await expect(RowCache.open({ folder: one, mostBytes: 1, recipe: '' })).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    });
  });
});
