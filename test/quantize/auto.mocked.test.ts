/** auto: keeps the best of what was measured, refuses with the list when nothing is good, hides nothing. */

import { rmSync, truncateSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { saveModel } from '../../src/onnx/write.ts';
import { quantizeAuto } from '../../src/quantize/auto.ts';
import { type QuantizeOptions, quantizeOptionsSchema } from '../../src/quantize/options.ts';
import { type QuantizeResult, quantizeFile } from '../../src/quantize/quantize.ts';
import type { Race } from '../../src/runtime/race.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { fragileModel } from '../support/fragile.ts';
import { noisyModel } from '../support/quantized.ts';

/** Results of the races to come, in the order of the candidates; afterwards both sides are equally fast. */
const races: Race[] = [];

/** What is in the folder while a candidate is raced. */
const seen: string[] = [];

vi.mock('../../src/runtime/race.ts', () => ({
  race: async (): Promise<Race> => {
    seen.push(...folder.list());
    return races.shift() ?? { estimate: 1, low: 0.99, high: 1.01 };
  },
}));

beforeEach(() => {
  races.length = 0;
  seen.length = 0;
});

const speed = (estimate: number): Race => ({ estimate, low: estimate * 0.98, high: estimate * 1.02 });
const folder = new Folder('auto');
let count = 0;

async function auto(
  input: string,
  options: Partial<QuantizeOptions> = {},
): Promise<{ result: QuantizeResult; notes: string[]; output: string }> {
  const output = folder.at(`auto-${count++}.onnx`);
  const notes: string[] = [];
  const parsed = quantizeOptionsSchema.parse({ target: 'portable', ...options, scheme: 'auto' });
  const context = silentContext({ threads: 1, note: (text) => void notes.push(text) });
  const job = { input, output, options: parsed, layout: {}, force: false, checksum: false };
  return { result: await quantizeAuto(job, context), notes, output };
}

const failure = async (work: Promise<unknown>): Promise<LlmcError> => {
  const error = await work.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof LlmcError) return error;
  throw error;
};

describe('on a model with every kind of weight', () => {
  const input = join(FIXTURES, 'fashion-cnn.onnx');

  it('keeps the candidate with the best product of speed and size, and tells what was tried', async () => {
    races.push(speed(1.5), speed(0.9), speed(1), speed(1));
    const { result, notes, output } = await auto(input);
    expect(result.path).toBe(output);
    expect(notes[0]).toMatch(/^kept int8-dynamic: 0\.\d\dx the size, 1\.50x the speed, \d+\.\d dB$/);
    expect(result.comparison).toMatchObject({ speedup: { estimate: 1.5, verdict: 'faster' } });
    expect(result.steps[0]?.notes.slice(0, 4)).toEqual([
      expect.stringMatching(/^tried int8-dynamic: 0\.\d\dx the size, 1\.50x the speed/),
      expect.stringMatching(/^tried int8-dynamic without Conv: /),
      expect.stringMatching(/^tried int8-weights: /),
      expect.stringMatching(/^tried fp16: 0\.5\dx the size, 1\.00x the speed/),
    ]);
  });

  it('never hands back what is slower', async () => {
    races.push(speed(0.5), speed(0.6), speed(0.7), speed(1));
    const { result } = await auto(input);
    expect(result.scheme).toBe('fp16');
    expect(result.comparison.speedup?.high).toBeGreaterThan(0.97);
    expect(result.comparison.sizeRatio).toBeLessThan(0.98);
  });

  it('refuses with the list when everything is slower', async () => {
    races.push(speed(0.5), speed(0.6), speed(0.7), speed(0.8));
    const before = folder.list();
    const error = await failure(auto(input));
    expect([error.code, error.exitCode]).toEqual(['CHECK_FAILED', 1]);
    expect(error.message.split('\n')).toEqual([
      'no scheme makes this model smaller without making it slower or wrong here:',
      expect.stringMatching(/^ {2}int8-dynamic: 0\.\d\dx the size, 0\.50x the speed/),
      expect.stringMatching(/^ {2}int8-dynamic without Conv: /),
      expect.stringMatching(/^ {2}int8-weights: /),
      expect.stringMatching(/^ {2}fp16: /),
    ]);
    expect(error.hint).toContain('--scheme int8-weights');
    expect(folder.list()).toEqual(before);
  });

  it('keeps the selectors of the user', async () => {
    races.push(speed(2), speed(1), speed(1), speed(1));
    const { result } = await auto(input, { exclude: ['Gemm'] });
    const options = quantizeOptionsSchema.parse({
      target: 'portable',
      exclude: ['Gemm'],
      scheme: result.scheme,
    });
    const job = { input, output: folder.at('same.onnx'), options, layout: {}, force: false, checksum: false };
    const direct = await quantizeFile(job, 'int8-dynamic', silentContext({ threads: 1 }));
    expect(result.models[1].sizeBytes).toBe(direct.models[1].sizeBytes);
  });

  it('a wrong selector is an error at once', async () => {
    expect((await failure(auto(input, { exclude: ['Atention'] }))).code).toBe('SELECTOR');
  });

  it('an output that cannot be written is an error before anything is tried', async () => {
    const taken = folder.save('taken.onnx', fragileModel());
    for (const output of [taken, input, folder.at('nowhere/out.onnx')]) {
      const options = quantizeOptionsSchema.parse({ scheme: 'auto' });
      const job = { input, output, options, layout: {}, force: false, checksum: false };
      const { code } = await failure(quantizeAuto(job, silentContext({ threads: 1 })));
      expect(code).toBe(output.includes('nowhere') ? 'WRITE_FAILED' : 'FILE_EXISTS');
    }
    expect(seen).toEqual([]);
  });

  it('needs the check it decides by', async () => {
    for (const check of ['load', 'none'] as const)
      expect(await failure(auto(input, { check }))).toMatchObject({ code: 'USAGE', exitCode: 2 });
  });
});

it('does not keep what fell apart, however small and fast', async () => {
  races.push(speed(9), speed(9), speed(9), speed(9));
  const error = await failure(auto(folder.save('fragile.onnx', fragileModel())));
  expect(error.message).toContain('int8-dynamic: the result is refused: its signal-to-noise ratio');
  expect(error.message).toContain('int8-dynamic without Conv: same as above');
});

it('says of a model that is quantized already that it is', async () => {
  const options = quantizeOptionsSchema.parse({ target: 'portable', scheme: 'int8-weights', check: 'none' });
  const large = noisyModel(
    'g (float[N,256] x) => (float[N,256] y) <float[256,256] w = {0}> { y = MatMul(x, w) }',
  );
  const output = folder.at('quantized.onnx');
  const job = {
    input: folder.save('plain.onnx', large),
    output,
    options,
    layout: {},
    force: false,
    checksum: false,
  };
  await quantizeFile(job, 'int8-weights', silentContext());
  const error = await failure(auto(output));
  expect(error.message).toContain('this model is quantized already: one weight of DequantizeLinear');
});

it.for([
  ['its data file is missing', null],
  ['its data file is too short', 100],
] as const)('an input that is wrong for every candidate is said to be wrong: %s', async ([, bytes]) => {
  const model = noisyModel(
    'g (float[N,256] x) => (float[N,256] y) <float[256,256] w = {0}> { y = MatMul(x, w) }',
  );
  const input = folder.at('outside.onnx');
  await saveModel(model, input, { externalData: 'always', protect: [], force: true });
  const data = join(folder.path, folder.list().find((name) => name.startsWith('outside.onnx.')) ?? '');
  if (bytes === null) rmSync(data);
  else truncateSync(data, bytes);
  expect(await failure(auto(input))).toMatchObject({ code: 'EXTERNAL_DATA', exitCode: 2 });
});

it('data and options that are wrong for every candidate are said to be wrong', async () => {
  const input = join(FIXTURES, 'rnn-lstm.onnx');
  const data = folder.at('nowhere.npz');
  expect(await failure(auto(input, { data }))).toMatchObject({ code: 'FILE_NOT_FOUND', exitCode: 2 });
  for (const options of [{ parity: 'ort' }, { rounding: 'hqq' }, { format: 'qdq' }] as const)
    expect(await failure(auto(input, options))).toMatchObject({ code: 'USAGE', exitCode: 2 });
});

it('works in a folder that the next run removes if this one is killed', async () => {
  await auto(join(FIXTURES, 'rnn-lstm.onnx')).catch(() => {});
  const owner = `${hostname().replace(/[^A-Za-z0-9]/g, '')}-${process.pid}`;
  const hidden = new Set(seen.filter((name) => name.startsWith('.')));
  expect([...hidden]).toEqual([expect.stringMatching(new RegExp(`^\\.llmc-${owner}-[A-Za-z0-9]{6}$`))]);
});

it('leaves no temporary files behind', () => {
  expect(folder.list().filter((name) => name.startsWith('.'))).toEqual([]);
});
