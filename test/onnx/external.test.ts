import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { openModel } from '../../src/onnx/read.ts';
import { saveModel } from '../../src/onnx/write.ts';
import { useFolder } from './folder.ts';
import { dataType, dim, externalData, graphOutput, initializer, model, tensorName } from './wire-bytes.ts';

const folder = useFolder();

/** Bytes 0, 1, 2, ... so that a place can be told from what is read there. */
const DATA = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i));

/** Opens a model of uint8[size] tensors named w0, w1, ... stored where the entries say. */
function tensors(size: number, ...entries: readonly Readonly<Record<string, string>>[]): Tensor[] {
  const parts = entries.map((entry, index) =>
    initializer(dim(size), dataType(2), tensorName(`w${index}`), externalData(entry)),
  );
  writeFileSync(folder.at('m.onnx'), model(...parts, graphOutput('w0')));
  const opened = openModel(folder.at('m.onnx'));
  return [...opened.model.graph.initializers].flatMap(({ tensor }) => tensor ?? []);
}

function refusal(size: number, entry: Readonly<Record<string, string>>): LlmcError {
  try {
    tensors(size, entry);
  } catch (error) {
    if (error instanceof LlmcError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('external data', () => {
  it('is read by range, without offset from the start, without length as long as the dims say', () => {
    writeFileSync(folder.at('d.bin'), DATA);
    const [whole, part, tail] = tensors(
      4,
      { location: 'd.bin' },
      { location: 'd.bin', offset: '16', length: '4' },
      { location: './d.bin', offset: '252', length: '4', checksum: 'ignored' },
    );
    expect([...(whole?.bytes() ?? [])]).toEqual([0, 1, 2, 3]);
    expect([...(part?.bytes() ?? [])]).toEqual([16, 17, 18, 19]);
    expect([...(tail?.bytes() ?? [])]).toEqual([252, 253, 254, 255]);
  });

  it('may lie in a folder below and behind a link that stays inside', () => {
    mkdirSync(folder.at('sub'));
    writeFileSync(folder.at('sub/d.bin'), DATA);
    symlinkSync('sub/d.bin', folder.at('link.bin'));
    for (const location of ['sub/d.bin', 'link.bin', 'sub//./d.bin'])
      expect([...(tensors(2, { location, offset: '9' })[0]?.bytes() ?? [])]).toEqual([9, 10]);
  });

  const outside = [
    '/etc/hostname',
    '../d.bin',
    'sub/../../d.bin',
    'a\\..\\..\\d.bin',
    'C:\\d.bin',
    'c:d.bin',
    '\\\\host\\d',
    '\\d.bin',
    'd.bin\0.txt',
    '',
    '.',
    '..',
  ];
  it.for(outside)('is refused at %j', (location) => {
    writeFileSync(folder.at('d.bin'), DATA);
    expect(refusal(4, { location })).toMatchObject({ exitCode: 2 });
  });

  it('is refused behind a link that leads out of the folder, also through a linked folder', () => {
    mkdirSync(folder.at('inside'));
    writeFileSync(folder.at('secret.bin'), DATA);
    symlinkSync('../secret.bin', folder.at('inside/link.bin'));
    symlinkSync('..', folder.at('inside/up'));
    for (const location of ['link.bin', 'up/secret.bin']) {
      const part = initializer(dim(4), dataType(2), tensorName('w'), externalData({ location }));
      writeFileSync(folder.at('inside/m.onnx'), model(part));
      expect(() => openModel(folder.at('inside/m.onnx'))).toThrow(/link out of the model's folder/);
    }
  });

  it('is found beside the model when the path to the model goes through a link', () => {
    mkdirSync(folder.at('real'));
    writeFileSync(folder.at('real/d.bin'), DATA);
    const part = initializer(dim(4), dataType(2), tensorName('w'), externalData({ location: 'd.bin' }));
    writeFileSync(folder.at('real/m.onnx'), model(part, graphOutput('w')));
    symlinkSync('real', folder.at('linked'));
    const { model: opened, externalFiles } = openModel(folder.at('linked/m.onnx'));
    expect([...opened.graph.initializers][0]?.tensor?.bytes()).toHaveLength(4);
    expect(externalFiles).toHaveLength(1);
  });

  const wrong: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a negative offset', { offset: '-4' }],
    ['a negative length', { length: '-4' }],
    ['an offset behind the end', { offset: '300' }],
    ['a range past the end', { offset: '254', length: '4' }],
    ['a huge offset', { offset: '9223372036854775807' }],
    ['an offset whose sum with the length wraps', { offset: '18446744073709551612' }],
    ['a huge length', { length: '99999999999999999999' }],
    ['a length other than the dims say', { length: '5' }],
    ['a length of zero', { length: '0' }],
    ['a fraction', { offset: '1.5' }],
    ['hexadecimal', { offset: '0x10' }],
    ['an exponent', { offset: '1e2' }],
    ['no digits', { offset: '' }],
    ['a space', { offset: ' 4' }],
    ['words', { offset: 'four' }],
  ];
  it.for(wrong)('with %s is refused', ([, entry]) => {
    writeFileSync(folder.at('d.bin'), DATA);
    const error = refusal(4, { location: 'd.bin', ...entry });
    expect(error.code).toBe('EXTERNAL_DATA');
    expect(error.message).toContain('w0');
    expect(error.message).toContain('m.onnx');
  });

  it('that is missing, a folder or cut short is refused when the model is opened', () => {
    expect(refusal(4, { location: 'gone.bin' }).message).toMatch(/gone.bin is missing/);
    mkdirSync(folder.at('d.bin'));
    expect(refusal(4, { location: 'd.bin' }).exitCode).toBe(2);
    rmSync(folder.at('d.bin'), { recursive: true });
    writeFileSync(folder.at('d.bin'), DATA.subarray(0, 3));
    expect(refusal(4, { location: 'd.bin' }).message).toMatch(/ends at byte 4 of a file of 3 bytes/);
  });

  it('that shrinks while it is in use is an error, not zeros', () => {
    writeFileSync(folder.at('d.bin'), DATA);
    const [tensor] = tensors(4, { location: 'd.bin', offset: '100' });
    truncateSync(folder.at('d.bin'), 50);
    expect(() => tensor?.bytes()).toThrow(/ends at byte 100, 104 expected/);
  });

  it('of overlapping ranges reads right and is laid out apart when saved', async () => {
    writeFileSync(folder.at('d.bin'), Buffer.concat(Array.from({ length: 8 }, () => DATA)));
    tensors(1500, { location: 'd.bin' }, { location: 'd.bin', offset: '100' });
    const { model: opened } = openModel(folder.at('m.onnx'));
    await saveModel(opened, folder.at('out.onnx'), { externalData: 'always', protect: [], force: false });
    const again = [...openModel(folder.at('out.onnx')).model.graph.initializers];
    expect(again.map(({ tensor }) => tensor?.bytes()[0])).toEqual([0, 100]);
  });

  it('that two tensors share stays shared when saved', async () => {
    writeFileSync(folder.at('d.bin'), Buffer.alloc(100_000, 1));
    const entry = { location: 'd.bin', offset: '500', length: '90000' };
    tensors(90_000, entry, { ...entry, location: './d.bin' }, entry);
    const { model: opened } = openModel(folder.at('m.onnx'));
    const { byteLength } = await saveModel(opened, folder.at('out.onnx'), {
      externalData: 'always',
      protect: [],
      force: false,
    });
    expect(byteLength).toBeLessThan(100_000);
  });

  it('of many spellings of one file opens it once', () => {
    writeFileSync(folder.at('d.bin'), DATA);
    const entries = Array.from({ length: 500 }, (_, i) => ({ location: `${'./'.repeat(i)}d.bin` }));
    expect(tensors(4, ...entries)).toHaveLength(500);
    expect(openModel(folder.at('m.onnx')).externalFiles).toEqual([join(folder.path, 'd.bin')]);
  });

  it('keeps its other entries out of a model that is saved in one file', async () => {
    writeFileSync(folder.at('d.bin'), DATA);
    tensors(4, { location: 'd.bin', offset: '4' });
    const { model: opened } = openModel(folder.at('m.onnx'));
    await saveModel(opened, folder.at('out.onnx'), { protect: [], force: false });
    rmSync(folder.at('d.bin'));
    const [value] = [...openModel(folder.at('out.onnx')).model.graph.initializers];
    expect([...(value?.tensor?.bytes() ?? [])]).toEqual([4, 5, 6, 7]);
  });
});
