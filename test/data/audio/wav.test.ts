/** WAV: every kind of sample, frames and whole clips, labels, headers that lie. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/data/dataset.ts';
import { openDataset, parseDataSpec } from '../../../src/data/open.ts';
import { Folder } from '../../support/folder.ts';

const folder = new Folder('wav');

interface Shape {
  readonly code?: number;
  readonly bits?: number;
  readonly rate?: number;
  readonly channels?: number;
  readonly extensible?: boolean;
}

function chunk(name: string, body: Buffer, length = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

/** A file from the definition of the format; samples in [-1, 1), channels interleaved. */
function wavFile(samples: readonly number[], shape: Shape = {}): Buffer {
  const { code = 1, bits = 16, rate = 8000, channels = 1, extensible = false } = shape;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : code, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt16LE(bits, 14);
  if (extensible) format.writeUInt16LE(code, 24);
  const data = Buffer.alloc((samples.length * bits) / 8);
  for (const [i, sample] of samples.entries()) {
    const at = (i * bits) / 8;
    if (code === 3 && bits === 32) data.writeFloatLE(sample, at);
    else if (code === 3) data.writeDoubleLE(sample, at);
    else if (bits === 8) data.writeUInt8(sample * 128 + 128, at);
    else data.writeIntLE(sample * 2 ** (bits - 1), at, bits / 8);
  }
  return riff(chunk('fmt ', format), chunk('LIST', Buffer.from('odd')), chunk('data', data));
}

function riff(...chunks: readonly Buffer[]): Buffer {
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]));
}

function save(name: string, bytes: Buffer | string): string {
  mkdirSync(dirname(folder.at(name)), { recursive: true });
  writeFileSync(folder.at(name), bytes);
  return folder.at(name);
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

const samples = [0, 0.5, -0.25, -1, 0.75];

describe('a WAV file', () => {
  it.each([
    [1, 8],
    [1, 16],
    [1, 24],
    [1, 32],
    [3, 32],
    [3, 64],
  ])('of format %i with %i bits is read, extensible or not', async (code, bits) => {
    for (const extensible of [false, true]) {
      const path = save(`${code}-${bits}.wav`, wavFile(samples, { code, bits, extensible }));
      expect((await first(path)).data).toEqual(samples);
    }
  });

  it('is mixed to one channel', async () => {
    const path = save('stereo.wav', wavFile([0.5, 0, -0.5, 0.5, 0.25, 0.75], { channels: 2 }));
    expect((await first(path)).data).toEqual([0.25, 0, 0.5]);
  });

  it('may come from a pipe and not know its length', async () => {
    const bytes = wavFile(samples);
    bytes.writeUInt32LE(0xffffffff, bytes.length - samples.length * 2 - 4);
    expect((await first(save('pipe.wav', bytes))).data).toEqual(samples);
  });

  it('is cut into frames, the last one filled up', async () => {
    const path = save('frames.wav', wavFile(samples));
    expect(await first(`${path}?frame=2`)).toMatchObject({
      dims: [3, 2],
      data: [0, 0.5, -0.25, -1, 0.75, 0],
    });
    expect(await first(`${path}?frame=3&hop=2`)).toMatchObject({
      dims: [2, 3],
      data: [0, 0.5, -0.25, -0.25, -1, 0.75],
    });
    expect(await first(`${path}?frame=8`)).toMatchObject({ dims: [1, 8], data: [...samples, 0, 0, 0] });
    const [, second] = await batches(`${path}?frame=2`, 1);
    expect(second?.places).toEqual(['frames.wav from 0.00 s']);
  });

  it('may be resampled, whole or in frames, to the same samples', async () => {
    const wave = Array.from({ length: 800 }, (_, i) => Math.round(Math.sin(i / 9) * 2 ** 14) / 2 ** 15);
    const path = save('resampled.wav', wavFile(wave));
    const whole = await first(`${path}?rate=16000`);
    expect(whole.dims).toEqual([1, 1600]);
    expect((await first(`${path}?rate=16000&frame=64`)).data).toEqual(whole.data);
    const given = (await batches(`${path}?rate=16000&rateInput=sr`))[0]?.inputs['sr'];
    expect(given).toEqual({ dtype: 'int64', dims: [], data: BigInt64Array.of(16000n) });
  });

  it('has labels of its folder; shorter clips are filled up', async () => {
    save('words/no/1.wav', wavFile(samples));
    save('words/yes/1.wav', wavFile([0.5]));
    const found = await first(`${folder.at('words/')}`);
    expect(found).toMatchObject({ dims: [2, 5], data: [...samples, 0.5, 0, 0, 0, 0], labels: [0, 1] });
    expect((await first(`${folder.at('words')}?length=2`)).data).toEqual([0, 0.5, 0.5, 0]);
    const short = await batches(`${folder.at('words')}?bucket=2`, 1);
    expect(short.map(({ inputs }) => inputs['']?.dims[1])).toEqual([1, 5]);
  });
});

describe('a broken WAV file', () => {
  const whole = wavFile(samples);
  const format = whole.subarray(12, 36);
  it.each([
    ['none', Buffer.alloc(0), '', /not in WAV format/],
    ['other', Buffer.from('fLaC is another format altogether'), '', /not in WAV format/],
    ['cut', whole.subarray(0, -4), '', /truncated: 6 of 10 bytes/],
    ['head', whole.subarray(0, 14), '', /holds no samples/],
    ['lie', riff(chunk('fmt ', Buffer.alloc(16), 5000)), '', /chunk "fmt " ends behind the file/],
    ['thin', riff(chunk('fmt ', Buffer.alloc(2)), chunk('data', Buffer.alloc(4))), '', /takes 2 bytes, 16/],
    ['early', riff(chunk('data', Buffer.alloc(4)), format), '', /samples come before their format/],
    ['law', wavFile(samples, { code: 7, bits: 8 }), '', /format 7 with 8 bits/],
    ['still', wavFile(samples, { rate: 0 }), '', /1 channels at 0 Hz/],
    ['silent', wavFile([]), '', /holds no sound/],
    ['hop', whole, '?hop=4', /option hop .* needs frame/],
    ['both', whole, '?frame=4&length=4', /exclude each other/],
  ])('(%s) is refused in one line', async (name, bytes, options, message) => {
    const path = save(`${name}.wav`, bytes);
    await expect(batches(`${path}${options}`)).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(message),
    });
  });

  it('of another rate than its neighbours is named', async () => {
    save('rates/a.wav', whole);
    save('rates/b.wav', wavFile(samples, { rate: 16000 }));
    await expect(batches(folder.at('rates/'))).rejects.toThrow(/a\.wav has 8000 .*b\.wav 16000/);
  });
});

describe('wav?cache=', () => {
  const kept = folder.at('kept');
  const noise = (count: number, seed: number): number[] =>
    Array.from({ length: count }, (_, at) => 0.8 * Math.sin(at * (0.11 + seed)) * Math.cos(at * 0.013));
  const entries = (): string[] =>
    readdirSync(kept, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.row'));

  it.each([
    'rate=16000',
    'rate=11025&frame=512',
    'rate=6000&frame=300&hop=100',
    'rate=12000&length=700',
    'rate=8000',
  ])('gives the same samples with %s', async (options) => {
    rmSync(kept, { recursive: true, force: true });
    for (const [at, length] of [900, 1300, 64].entries())
      save(`talk/${at}.wav`, wavFile(noise(length, at / 7), { rate: at === 1 ? 22050 : 8000 }));
    const plain = await batches(`${folder.at('talk')}?${options}`, 4);
    for (const more of ['', '', '&cacheSize=1MB'])
      expect(await batches(`${folder.at('talk')}?${options}&cache=${kept}${more}`, 4)).toEqual(plain);
    // Each recording of another rate once, however many rows it has.
    expect(entries()).toHaveLength(options === 'rate=8000' ? 1 : 3);
  });

  it('follows the content of files', async () => {
    const spec = `${folder.at('talk')}?rate=16000`;
    await batches(`${spec}&cache=${kept}`);
    save('talk/0.wav', wavFile(noise(900, 3)));
    expect(await batches(`${spec}&cache=${kept}`)).toEqual(await batches(spec));
  });

  it('refuses a size without a folder', async () => {
    await expect(batches(`${folder.at('talk')}?rate=16000&cacheSize=1GB`)).rejects.toMatchObject({
      code: 'DATA',
    });
  });
});
