/** Image folders: labels, sizes, layouts, every sort of file, damage. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/data/dataset.ts';
import { openDataset, parseDataSpec } from '../../../src/data/open.ts';
import { Folder } from '../../support/folder.ts';

const folder = new Folder('images');

/** A picture whose pixels tell where they are: red x, green y, blue 200. */
function pixels(width: number, height: number): Buffer {
  return Buffer.from(
    Array.from({ length: width * height }, (_, i) => [i % width, Math.floor(i / width), 200]).flat(),
  );
}

function picture(width: number, height: number): Sharp {
  return sharp(pixels(width, height), { raw: { width, height, channels: 3 } });
}

async function save(name: string, image: Sharp = picture(12, 8).png()): Promise<void> {
  mkdirSync(dirname(folder.at(name)), { recursive: true });
  writeFileSync(folder.at(name), await image.toBuffer());
}

async function batches(spec: string, size = 100): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of (await openDataset(parseDataSpec(spec)))?.batches({ size }) ?? [])
    found.push(batch);
  return found;
}

async function first(spec: string): Promise<{ dims: readonly number[]; data: number[]; labels: number[] }> {
  const [batch] = await batches(spec);
  const tensor = batch?.inputs[''];
  return {
    dims: tensor?.dims ?? [],
    data: Array.from(tensor?.data as Float32Array),
    labels: Array.from((batch?.labels?.data ?? []) as ArrayLike<number>, Number),
  };
}

const RAW = 'scale=1&layout=nhwc';

describe('image folders', () => {
  it('take sorted class folders for labels, and need no kind in front', async () => {
    for (const name of ['classes/dog/1.png', 'classes/cat/b.png', 'classes/cat/a.jpg']) await save(name);
    writeFileSync(folder.at('classes/cat/notes.txt'), 'no picture');
    const found = await first(`${folder.at('classes/')}?size=4`);
    expect(found.dims).toEqual([3, 3, 4, 4]);
    expect(found.labels).toEqual([0, 0, 1]);
    const [one, two] = await batches(`images:${folder.at('classes')}?size=4&shuffle=1`, 2);
    expect([one?.size, two?.size]).toEqual([2, 1]);
    expect([...(one?.places ?? []), ...(two?.places ?? [])].sort()).toEqual([
      'cat/a.jpg',
      'cat/b.png',
      'dog/1.png',
    ]);
  });

  it('take labels from a list, numbers as they are and names in their order', async () => {
    for (const name of ['flat/a.png', 'flat/b.png', 'flat/c.png']) await save(name);
    const flat = `${folder.at('flat')}?size=4`;
    expect((await first(flat)).labels).toEqual([]);
    writeFileSync(folder.at('numbers.csv'), 'c.png,7\na.png,3\n');
    expect((await first(`${flat}&labels=${folder.at('numbers.csv')}`)).labels).toEqual([7, 3]);
    writeFileSync(folder.at('names.csv'), 'name,label\na.png,wolf\nb.png,ape\n');
    expect((await first(`${flat}&labels=${folder.at('names.csv')}`)).labels).toEqual([1, 0]);
  });

  it('normalize as asked, in every order of axes and channels', async () => {
    await save('one.png', picture(4, 4).png());
    const one = folder.at('one.png');
    const plain = await first(`${one}?${RAW}`);
    expect(plain.dims).toEqual([1, 4, 4, 3]);
    expect(plain.data).toEqual([...pixels(4, 4)]);
    const planes = await first(`${one}?scale=1&channels=bgr`);
    expect(planes.data).toEqual([2, 1, 0].flatMap((c) => plain.data.filter((_, i) => i % 3 === c)));
    const normal = await first(`${one}?layout=nhwc&mean=0.1,0.2,0.3&std=0.5,0.25,2`);
    const [mean, std] = [
      [0.1, 0.2, 0.3],
      [0.5, 0.25, 2],
    ] as const;
    const expected = plain.data.map(
      (value, i) => (value / 255 - (mean[i % 3] as number)) / (std[i % 3] as number),
    );
    for (const [i, value] of normal.data.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
  });

  it('cut out of the middle, fill, stretch or leave a rim', async () => {
    await save('wide.png', picture(40, 20).png());
    const wide = folder.at('wide.png');
    const corner = async (options: string): Promise<number[]> =>
      (await first(`${wide}?${RAW}&${options}`)).data.slice(0, 3);
    // A crop of pixels that were never resized begins where arithmetic says.
    expect(await corner('size=10&resize=20')).toEqual([15, 5, 200]);
    expect(await corner('size=20x30&resize=20')).toEqual([5, 0, 200]);
    expect(await corner('size=20')).toEqual([10, 0, 200]);
    expect(await corner('size=40&fit=contain')).toEqual([0, 0, 0]);
    expect((await first(`${wide}?${RAW}&size=40&fit=contain`)).data.filter((v) => v === 200)).toHaveLength(
      800,
    );
    expect((await first(`${wide}?${RAW}&size=40&fit=fill`)).data.filter((v) => v === 200)).toHaveLength(1600);
    expect((await first(`${wide}?resize=10&crop=none`)).dims).toEqual([1, 3, 10, 20]);
  });

  it('read gray, 16 bits, palettes, alpha and turned pictures', async () => {
    const gray = Buffer.from(Array.from({ length: 16 }, (_, i) => i * 16));
    const raw = { raw: { width: 4, height: 4, channels: 1 as const } };
    await save('gray.png', sharp(gray, raw).png());
    await save('deep.png', sharp(gray, raw).toColourspace('grey16').png());
    const three = [...gray].flatMap((value) => [value, value, value]);
    expect((await first(`${folder.at('gray.png')}?${RAW}`)).data).toEqual(three);
    expect((await first(`${folder.at('deep.png')}?${RAW}`)).data).toEqual(three);
    expect((await first(`${folder.at('gray.png')}?${RAW}&channels=gray`)).data).toEqual([...gray]);
    await save('palette.png', picture(4, 4).png({ palette: true, colours: 256 }));
    expect((await first(`${folder.at('palette.png')}?${RAW}`)).data).toEqual([...pixels(4, 4)]);
    await save('alpha.png', picture(4, 4).ensureAlpha(0.25).png());
    expect((await first(`${folder.at('alpha.png')}?${RAW}`)).data).toEqual([...pixels(4, 4)]);
    await save('turned.png', picture(4, 2).withMetadata({ orientation: 6 }).png());
    const turned = await first(`${folder.at('turned.png')}?${RAW}`);
    expect(turned.dims).toEqual([1, 4, 2, 3]);
    // A quarter turn clockwise: the left bottom pixel comes first.
    expect(turned.data.slice(0, 6)).toEqual([0, 1, 200, 0, 0, 200]);
  });

  it('of inks: paper is white, black is dark', async () => {
    const flat = (value: number) =>
      sharp(Buffer.alloc(192, value), { raw: { width: 8, height: 8, channels: 3 } });
    for (const [name, value] of [
      ['paper', 255],
      ['night', 0],
    ] as const)
      await save(`${name}.jpg`, flat(value).toColourspace('cmyk').jpeg({ quality: 100 }));
    const paper = await first(`${folder.at('paper.jpg')}?${RAW}`);
    expect(paper.dims).toEqual([1, 8, 8, 3]);
    expect(Math.min(...paper.data)).toBeGreaterThan(250);
    expect(Math.max(...(await first(`${folder.at('night.jpg')}?${RAW}`)).data)).toBeLessThan(60);
  });
});

describe('broken image folders', () => {
  const refusal = (spec: string) =>
    batches(spec).then(
      () => '',
      (error: Error) => error.message,
    );

  it('name the file and what is wrong', async () => {
    await save('bad/a.png');
    const whole = await picture(64, 64).jpeg().toBuffer();
    writeFileSync(folder.at('bad/b.jpg'), whole.subarray(0, whole.length / 2));
    expect(await refusal(`${folder.at('bad')}?size=4`)).toMatch(/cannot decode .*b\.jpg: /);
    writeFileSync(folder.at('bad/b.jpg'), 'hello');
    expect(await refusal(`${folder.at('bad')}?size=4`)).toMatch(/cannot decode .*b\.jpg: /);
    writeFileSync(folder.at('bad/b.jpg'), '');
    expect(await refusal(`${folder.at('bad')}?size=4`)).toMatch(/cannot decode .*b\.jpg: it is empty/);
    await save('bad/b.jpg', picture(5, 8).jpeg());
    expect(await refusal(`${folder.at('bad')}`)).toMatch(/b\.jpg becomes 3x8x5, .*a\.png 3x8x12/);
  });

  it.each([
    ['size=big', /size=big .* is no size/],
    ['size=4&mean=1,2', /mean=1,2 .* has 2 numbers for 3 channels/],
    ['size=4&std=0', /std=0 .* cannot be divided by/],
    ['size=4&scale=x', /scale=x .* holds what is no number/],
    ['size=4&layout=chwn', /layout=chwn .* is not known/],
    ['size=4&labels=nowhere.csv', /cannot read the labels in nowhere\.csv/],
  ])('%s is refused', async (options, message) => {
    await save('fine/a.png');
    expect(await refusal(`${folder.at('fine')}?${options}`)).toMatch(message);
  });

  it('that lack files are refused', async () => {
    mkdirSync(folder.at('empty'), { recursive: true });
    expect(await refusal(`images:${folder.at('empty')}`)).toMatch(/holds no images/);
    await save('few/a.png');
    writeFileSync(folder.at('wrong.csv'), 'a.png,1\nz.png,2\n');
    expect(await refusal(`${folder.at('few')}?labels=${folder.at('wrong.csv')}`)).toMatch(
      /wrong\.csv, line 2: there is no file "z\.png"/,
    );
  });
});
