import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { runCleanups } from '../../src/cleanup.ts';
import { LlmcError } from '../../src/errors.ts';
import { type ByteSource, computedBytes } from '../../src/ir/bytes.ts';
import { decodeModel, openModel } from '../../src/onnx/read.ts';
import { requireTarget, writeFailure } from '../../src/onnx/transaction.ts';
import { encodeModel, type SaveOptions, saveModel } from '../../src/onnx/write.ts';
import { parseModel } from '../support/parse.ts';
import { useFolder } from './folder.ts';
import { counting, modelOver } from './weights.ts';

const folder = useFolder();
const PLAIN: SaveOptions = { protect: [], force: false };
const OUTSIDE: SaveOptions = { ...PLAIN, externalData: 'always' };

const sample = () => modelOver([counting(200_000, 1), counting(70_000, 2), counting(100, 3)]);

/** Reads a file again and again until told to stop; says what it saw that was neither whole nor there. */
const WATCHER = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { readFileSync } = require('node:fs');
  const stop = new Int32Array(workerData.stop);
  const wrong = [];
  let looks = 0;
  parentPort.postMessage('ready');
  while (Atomics.load(stop, 0) === 0) {
    try {
      const { length } = readFileSync(workerData.target);
      if (length < 3000) wrong.push(length);
    } catch (error) {
      wrong.push(error.code);
    }
    looks++;
  }
  parentPort.postMessage({ wrong, looks });
`;

async function failure(work: Promise<unknown>): Promise<LlmcError> {
  const error = await work.then(
    () => new Error('did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof LlmcError) return error;
  throw error;
}

/** A weight that does something when the writer comes to it. */
function whenRead(act: () => void, byteLength = 50_000): ByteSource {
  return computedBytes(byteLength, () => {
    act();
    return new Uint8Array(byteLength);
  });
}

describe('saveModel', () => {
  it('writes one file that says what the encoded model says', async () => {
    const model = sample();
    const saved = await saveModel(model, folder.at('m.onnx'), PLAIN);
    const bytes = readFileSync(folder.at('m.onnx'));
    expect(bytes.equals(encodeModel(model))).toBe(true);
    expect(saved).toEqual({
      path: folder.at('m.onnx'),
      files: [folder.at('m.onnx')],
      byteLength: bytes.length,
    });
    expect(folder.list()).toEqual(['m.onnx']);
  });

  it('writes data files that read back the same, zeros between the tensors', async () => {
    const options = { ...OUTSIDE, shardBytes: 220_000, alignBytes: 65_536 };
    const saved = await saveModel(sample(), folder.at('m.onnx'), options);
    expect(saved.files.map((file) => basename(file))).toEqual([
      'm.onnx',
      'm.onnx.data-00001',
      'm.onnx.data-00002',
    ]);
    expect(folder.list()).toEqual(saved.files.map((file) => basename(file)));
    const total = folder.list().reduce((sum, name) => sum + statSync(folder.at(name)).size, 0);
    expect(saved.byteLength).toBe(total);
    const { model } = openModel(folder.at('m.onnx'));
    const before = [...sample().graph.initializers];
    for (const [index, { tensor }] of [...model.graph.initializers].entries())
      expect(Buffer.from(tensor?.bytes() ?? []).equals(before[index]?.tensor?.bytes() ?? Buffer.of())).toBe(
        true,
      );
  });

  it('gives the same bytes every time, from memory and from files', async () => {
    const results: Record<string, string>[] = [];
    for (const name of ['a', 'b']) {
      mkdirSync(folder.at(name));
      await saveModel(sample(), folder.at(`${name}/m.onnx`), OUTSIDE);
      mkdirSync(folder.at(`${name}/again`));
      await saveModel(
        openModel(folder.at(`${name}/m.onnx`)).model,
        folder.at(`${name}/again/m.onnx`),
        OUTSIDE,
      );
      for (const place of [name, `${name}/again`])
        results.push(
          Object.fromEntries(
            ['m.onnx', 'm.onnx.data'].map((file) => [
              file,
              readFileSync(folder.at(`${place}/${file}`), 'latin1'),
            ]),
          ),
        );
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('computes weights once, one after the other, in the order of the file', async () => {
    const order: number[] = [];
    const sources = [0, 1, 2].map((index) => whenRead(() => order.push(index)));
    await saveModel(modelOver(sources), folder.at('m.onnx'), OUTSIDE);
    expect(order).toEqual([0, 1, 2]);
  });

  it('reports every byte it writes', async () => {
    let count = 0;
    const onBytes = (bytes: number) => {
      count += bytes;
    };
    const { byteLength } = await saveModel(sample(), folder.at('m.onnx'), { ...OUTSIDE, onBytes });
    expect(count).toBe(byteLength);
  });

  it('hands finished files to the check before anybody else sees them', async () => {
    await saveModel(sample(), folder.at('m.onnx'), {
      ...OUTSIDE,
      check: async (path) => {
        expect(folder.list().filter((name) => !name.startsWith('.'))).toEqual([]);
        expect(openModel(path).model.graph.initializers.size).toBe(3);
      },
    });
    expect(folder.list()).toEqual(['m.onnx', 'm.onnx.data']);
  });

  it('refuses a file above what protobuf can hold', async () => {
    const huge: ByteSource = {
      byteLength: 2 ** 31 - 50 * 2 ** 20,
      computed: true,
      read: () => new Uint8Array(0),
    };
    const doc = 'x'.repeat(60 * 2 ** 20);
    const model = modelOver([huge]);
    model.rest = { doc_string: doc };
    const error = await failure(saveModel(model, folder.at('m.onnx'), { ...PLAIN, externalData: 'never' }));
    expect(error.exitCode).toBe(2);
    expect(folder.list()).toEqual([]);
  });
});

describe('a target', () => {
  it('that exists needs force, the data file as well, and is refused before weights are computed', async () => {
    const model = modelOver([whenRead(() => expect.unreachable())]);
    for (const name of ['m.onnx', 'm.onnx.data']) {
      writeFileSync(folder.at(name), 'old');
      const before = folder.contents();
      const error = await failure(saveModel(model, folder.at('m.onnx'), OUTSIDE));
      expect([error.code, error.message]).toEqual(['FILE_EXISTS', `${folder.at(name)} exists already`]);
      expect(folder.contents()).toEqual(before);
      rmSync(folder.at(name));
    }
  });

  it('is replaced by force', async () => {
    writeFileSync(folder.at('m.onnx'), 'old');
    await saveModel(sample(), folder.at('m.onnx'), { ...OUTSIDE, force: true });
    expect(openModel(folder.at('m.onnx')).model.graph.nodeCount).toBe(3);
    expect(folder.list()).toEqual(['m.onnx', 'm.onnx.data']);
  });

  it('is never the input, by whatever name, not even by force', async () => {
    await saveModel(sample(), folder.at('m.onnx'), OUTSIDE);
    symlinkSync('m.onnx', folder.at('symbolic.onnx'));
    linkSync(folder.at('m.onnx'), folder.at('hard.onnx'));
    symlinkSync('m.onnx.data', folder.at('other.onnx.data'));
    const opened = openModel(folder.at('m.onnx'));
    const protect = [opened.path, ...opened.externalFiles];
    const before = folder.contents();
    // The last one: its data file would replace the input's.
    for (const name of [
      'm.onnx',
      'symbolic.onnx',
      'hard.onnx',
      'm.onnx.data',
      `../${folder.path.split('/').at(-1)}/m.onnx`,
      'other.onnx',
    ]) {
      const error = await failure(
        saveModel(opened.model, folder.at(name), { ...OUTSIDE, protect, force: true }),
      );
      expect(error.message).toMatch(/is the input/);
      expect(folder.contents()).toEqual(before);
    }
  });

  it('that is a folder, a pipe or a device is refused even by force', async () => {
    mkdirSync(folder.at('sub'));
    writeFileSync(folder.at('sub/precious'), 'kept');
    for (const target of [folder.at('sub'), '/dev/null']) {
      const error = await failure(saveModel(sample(), target, { ...PLAIN, force: true }));
      expect(error.code).toBe('FILE_EXISTS');
    }
    expect(readFileSync(folder.at('sub/precious'), 'utf8')).toBe('kept');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('in a folder that does not exist or is a file gives WRITE_FAILED', async () => {
    writeFileSync(folder.at('file'), '');
    for (const target of ['gone/m.onnx', 'file/m.onnx'])
      expect(await failure(saveModel(sample(), folder.at(target), PLAIN))).toMatchObject({
        code: 'WRITE_FAILED',
        hint: expect.not.stringContaining('space'),
      });
  });

  it.each([
    ['ENOSPC', 'the disk is full', 'free some space'],
    ['ENOENT', 'the folder does not exist', 'create the folder'],
    ['EACCES', 'may not be written to', 'permissions'],
    ['EFBIG', 'larger than this system allows', '--shard-size'],
    ['EIO', 'EIO', 'another place'],
  ])('%s has a hint of its own', (code, message, hint) => {
    const error = writeFailure('m.onnx', Object.assign(new Error(), { code }));
    expect(error).toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(new RegExp(`^nothing was changed; .*${hint}`)),
    });
    expect((error as LlmcError).hint.includes('space')).toBe(code === 'ENOSPC');
  });

  it('is refused before any work just as at the end of it', async () => {
    writeFileSync(folder.at('file'), '');
    mkdirSync(folder.at('sub'));
    for (const target of ['gone/m.onnx', 'file/m.onnx', 'file', 'sub', 'new.onnx'])
      for (const force of [false, true]) {
        const options = { ...PLAIN, protect: [], force };
        const early = await failure((async () => requireTarget(folder.at(target), options))()).catch(
          () => null,
        );
        const late = await failure(saveModel(sample(), folder.at(target), options)).catch(() => null);
        expect([target, early?.code, early?.message]).toEqual([target, late?.code, late?.message]);
      }
  });

  it('is there at every moment while it is replaced, old or new', async () => {
    const target = folder.at('m.onnx');
    await saveModel(modelOver([counting(3000)]), target, PLAIN);
    const stop = new SharedArrayBuffer(4);
    const watch = new Worker(WATCHER, { eval: true, workerData: { target, stop } });
    const next = () => new Promise<unknown>((resolve) => watch.once('message', resolve));
    await next();
    for (let i = 0; i < 40; i++)
      await saveModel(modelOver([counting(3000 + i)]), target, { ...PLAIN, force: true });
    Atomics.store(new Int32Array(stop), 0, 1);
    const seen = (await next()) as { wrong: unknown[]; looks: number };
    expect(seen.wrong).toEqual([]);
    expect(seen.looks).toBeGreaterThan(40);
  });
});

describe('a failure', () => {
  const old = { 'm.onnx': 'old model', 'm.onnx.data': 'old data' };
  const forced: SaveOptions = { ...OUTSIDE, force: true };
  const prepare = () => {
    for (const [name, text] of Object.entries(old)) writeFileSync(folder.at(name), text);
  };

  it('of the check leaves everything as it was', async () => {
    prepare();
    const check = async () => {
      throw new LlmcError('CHECK_FAILED', 'fell apart', { hint: 'none' });
    };
    const error = await failure(saveModel(sample(), folder.at('m.onnx'), { ...forced, check }));
    expect([error.code, error.exitCode]).toEqual(['CHECK_FAILED', 1]);
    expect(folder.contents()).toEqual(old);
  });

  it('of a weight being computed leaves everything as it was', async () => {
    prepare();
    const broken = whenRead(() => {
      throw new RangeError('a bug');
    });
    await expect(saveModel(modelOver([counting(9000), broken]), folder.at('m.onnx'), forced)).rejects.toThrow(
      'a bug',
    );
    expect(folder.contents()).toEqual(old);
  });

  it('of the disk is said in words and leaves everything as it was', async () => {
    prepare();
    const full = whenRead(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    const error = await failure(saveModel(modelOver([full]), folder.at('m.onnx'), forced));
    expect(error.code).toBe('WRITE_FAILED');
    expect(error.message).toMatch(/the disk is full/);
    expect(folder.contents()).toEqual(old);
  });

  it('of moving the files brings the old ones back', async () => {
    prepare();
    // The model's own name disappears between the check and the move.
    const check = async (path: string) => rmSync(path);
    expect((await failure(saveModel(sample(), folder.at('m.onnx'), { ...forced, check }))).code).toBe(
      'WRITE_FAILED',
    );
    expect(folder.contents()).toEqual(old);
  });

  it('of moving new files leaves none of them', async () => {
    const check = async (path: string) => rmSync(path);
    await failure(saveModel(sample(), folder.at('m.onnx'), { ...OUTSIDE, check }));
    expect(folder.list()).toEqual([]);
  });

  it('is not a bug’s disguise: only the system’s own codes are put into words', () => {
    const bug = Object.assign(new TypeError('bad argument'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(writeFailure('m', bug)).toBe(bug);
    expect(writeFailure('m', 'text')).toBe('text');
    expect(writeFailure('m', Object.assign(new Error('x'), { code: 'EIO' }))).toMatchObject({
      code: 'WRITE_FAILED',
    });
  });
});

describe('being interrupted', () => {
  it('while writing leaves no litter', async () => {
    const controller = new AbortController();
    const sources = [counting(90_000), whenRead(() => controller.abort()), counting(90_000)];
    const work = saveModel(modelOver(sources), folder.at('m.onnx'), {
      ...OUTSIDE,
      signal: controller.signal,
    });
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
    expect(folder.list()).toEqual([]);
  });

  it('while the check runs leaves no litter', async () => {
    const controller = new AbortController();
    const check = async () => controller.abort();
    const work = saveModel(sample(), folder.at('m.onnx'), { ...PLAIN, check, signal: controller.signal });
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
    expect(folder.list()).toEqual([]);
  });

  it('by a signal removes what was begun', async () => {
    const check = async () => {
      expect(folder.list()).toHaveLength(1);
      runCleanups();
      expect(folder.list()).toEqual([]);
    };
    await failure(saveModel(sample(), folder.at('m.onnx'), { ...PLAIN, check }));
    expect(folder.list()).toEqual([]);
  });
});

describe('folders of other processes', () => {
  const host = hostname().replace(/[^A-Za-z0-9]/g, '');
  const left = (owner: string): string => {
    const path = mkdtempSync(join(folder.path, `.llmc-${owner}-`));
    writeFileSync(join(path, 'm.onnx'), 'half');
    return path.slice(folder.path.length + 1);
  };

  it('are swept when the process is dead and kept when it lives or is of another machine', async () => {
    const dead = left(`${host}-${4_194_300}`);
    const kept = [left(`${host}-${process.pid}`), left(`${host}-1`), left(`${host}x-${4_194_300}`)];
    writeFileSync(folder.at('.llmc-notes'), 'mine');
    mkdirSync(folder.at(`.llmc-${host}-4194300-long-name`));
    await saveModel(sample(), folder.at('m.onnx'), PLAIN);
    const after = folder.list();
    expect(after).not.toContain(dead);
    for (const name of [...kept, '.llmc-notes', `.llmc-${host}-4194300-long-name`])
      expect(after).toContain(name);
  });
});

describe('reading back', () => {
  it('finds strings, subgraphs and small tensors inside the model file', async () => {
    const model =
      parseModel(`g (float[2] x, bool c) => (y) <string[2] names = {"a", "b"}, float[2] w = {1, 2}> {
      y = If <then_branch = t () => (r) <float[2] v = {3, 4}> { r = Add (x, v) }, else_branch = e () => (q) { q = Add (x, w) }> (c)
    }`);
    await saveModel(model, folder.at('m.onnx'), OUTSIDE);
    expect(folder.list()).toEqual(['m.onnx']);
    expect(
      Buffer.from(encodeModel(decodeModel(readFileSync(folder.at('m.onnx'))))).equals(encodeModel(model)),
    ).toBe(true);
  });
});
