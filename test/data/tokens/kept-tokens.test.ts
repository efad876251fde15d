/** Tokens from the cache are the tokens of the tokenizer, whatever became of the file in between. */
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/data/dataset.ts';
import { openHere, parseDataSpec } from '../../../src/data/open.ts';
import { openTokenizer } from '../../../src/data/tokens/tokenizer.ts';
import { Folder } from '../../support/folder.ts';

const folder = new Folder('kept-tokens');
const kept = folder.at('kept');
const tokenizer = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}/tokenizer.json`, import.meta.url));

const TEXTS = [
  'a good film',
  'bad',
  '',
  'the same again',
  'the same again',
  'naïve café, 東京',
  'x'.repeat(300),
];
const table = folder.at('texts.jsonl');
writeFileSync(table, TEXTS.map((text, at) => `${JSON.stringify({ text, labels: at % 2 })}\n`).join(''));

const spec = (more = '', name = 'wordpiece'): string =>
  `${table}?text=text&tokenizer=${encodeURIComponent(tokenizer(name))}${more}`;
const cached = (more = ''): string => `&cache=${encodeURIComponent(kept)}${more}`;

async function rows(text: string, size = 3): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of (await openHere(parseDataSpec(text)))?.batches({ size }) ?? []) found.push(batch);
  return found;
}

const files = (): string[] => readdirSync(kept).filter((name) => name.endsWith('.tokens'));
const only = (): string => join(kept, files()[0] ?? expect.fail('something was kept'));

beforeEach(() => rmSync(kept, { recursive: true, force: true }));

describe('text?cache=', () => {
  it.each(['', '&maxLength=6', '&padding=max&maxLength=9', '&bucket=4'])(
    'gives the same rows with "%s"',
    async (more) => {
      const plain = await rows(spec(more));
      expect(await rows(spec(more + cached()))).toEqual(plain);
      const bytes = statSync(only()).size;
      expect(await rows(spec(more + cached()), 2)).toEqual(await rows(spec(more), 2));
      // What is known is not written again.
      expect(statSync(only()).size).toBe(bytes);
    },
  );

  it('asks the tokenizer only for what is new', async () => {
    await rows(spec(cached()));
    const opened = await openTokenizer(parseDataSpec(spec(cached())));
    const before = statSync(only()).size;
    const most = opened.maxLength ?? Infinity;
    for (const text of TEXTS) opened.encode([text], most);
    opened.settle?.();
    expect(statSync(only()).size).toBe(before);
    opened.encode(['something new'], Infinity);
    opened.encode(['a good film'], 4);
    opened.encode(['a good film', 'bad'], Infinity);
    opened.settle?.();
    expect(statSync(only()).size).toBeGreaterThan(before);
  });

  it('keeps equal texts once', async () => {
    await rows(spec(cached()), TEXTS.length);
    const together = statSync(only()).size;
    rmSync(kept, { recursive: true });
    await rows(spec(cached()), 1);
    expect(statSync(only()).size).toBe(together);
  });

  it('keeps the tokens of each tokenizer by themselves', async () => {
    for (const name of ['wordpiece', 'byte-bpe'])
      expect(await rows(spec(cached(), name))).toEqual(await rows(spec('', name)));
    expect(files()).toHaveLength(2);
  });

  it.each([1, 7, 30, 200])('goes on behind a record that ends %i bytes early', async (missing) => {
    const plain = await rows(spec());
    await rows(spec(cached()));
    const whole = statSync(only()).size;
    truncateSync(only(), Math.max(0, whole - missing));
    expect(await rows(spec(cached()))).toEqual(plain);
    expect(statSync(only()).size).toBe(whole);
  });

  it('never gives what was damaged', async () => {
    const plain = await rows(spec());
    await rows(spec(cached()));
    const good = readFileSync(only());
    for (let at = 0; at < good.length; at += 13) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ 0x41;
      writeFileSync(only(), bad);
      expect(await rows(spec(cached()))).toEqual(plain);
    }
  });

  it('holds no more than it may', async () => {
    const plain = await rows(spec());
    expect(await rows(spec(cached('&cacheSize=200B')))).toEqual(plain);
    const bytes = readdirSync(kept).reduce((sum, name) => sum + statSync(join(kept, name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(200);
  });

  it.each([
    ['cache= without text', `${table}?cache=${encodeURIComponent(kept)}`, /cache= without text=/],
    ['a size without a folder', spec('&cacheSize=1GB'), /needs cache=FOLDER/],
    ['a size that is none', spec(cached('&cacheSize=big')), /is no size/],
  ])('refuses %s', async (_, text, message) => {
    await expect(rows(text)).rejects.toMatchObject({ code: 'DATA', message: expect.stringMatching(message) });
  });

  it('names the folder that cannot be used', async () => {
    const file = folder.at('file');
    writeFileSync(file, '');
    await expect(rows(spec(`&cache=${encodeURIComponent(file)}`))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    });
  });
});
