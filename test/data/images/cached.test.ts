import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openDataset, parseDataSpec } from '../../../src/data/open.ts';
import { Folder } from '../../support/folder.ts';

const folder = new Folder('cached-images');

async function rows(spec: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { inputs, labels } of (await openDataset(parseDataSpec(spec)))?.batches({ size: 2 }) ?? [])
    found.push([inputs, labels]);
  return found;
}

describe('images?cache=', () => {
  it('gives the same batches and labels, and follows options and files', async () => {
    for (const [at, name] of ['cat/a.png', 'cat/b.png', 'dog/a.png'].entries()) {
      mkdirSync(folder.at(`photos/${name.split('/')[0]}`), { recursive: true });
      const raw = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * (at + 3)) % 251));
      const image = sharp(raw, { raw: { width: 10, height: 10, channels: 3 } }).png();
      writeFileSync(folder.at(`photos/${name}`), await image.toBuffer());
    }
    const [photos, kept] = [folder.at('photos'), folder.at('kept')];
    for (const options of ['size=8', 'size=8&mean=0.5', 'size=6&layout=nhwc', 'size=8&augment=flip']) {
      const plain = await rows(`${photos}?${options}`);
      expect(await rows(`${photos}?${options}&cache=${kept}`)).toEqual(plain);
      expect(await rows(`${photos}?${options}&cache=${kept}&cacheSize=1MB`)).toEqual(plain);
    }
    // Three pictures for each of three ways to prepare them: augmentation comes after.
    const all = readdirSync(kept, { recursive: true, encoding: 'utf8' });
    expect(all.filter((name) => name.endsWith('.row'))).toHaveLength(9);
    // The same content in another class keeps that class.
    const before = await rows(`${photos}?size=8&cache=${kept}`);
    mkdirSync(folder.at('photos/ant'));
    writeFileSync(folder.at('photos/ant/a.png'), await sharp(folder.at('photos/dog/a.png')).toBuffer());
    const after = await rows(`${photos}?size=8&cache=${kept}`);
    expect(after).not.toEqual(before);
    expect(after).toEqual(await rows(`${photos}?size=8`));
  });

  it.each([
    ['cacheSize=1GB', /needs cache=FOLDER/],
    ['cache=kept&cacheSize=big', /cacheSize=big .* is no size/],
  ])('refuses %s', async (options, message) => {
    await expect(rows(`${folder.at('photos')}?${options}`)).rejects.toMatchObject({ code: 'DATA', message });
  });
});
