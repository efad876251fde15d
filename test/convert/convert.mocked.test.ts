/** convert: the same model in another file; layouts, opsets and passes change nothing that it computes. */

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ConvertJob, type ConvertResult, convertFile } from '../../src/convert/convert.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { pipelines } from '../../src/passes/table.ts';
import { silentContext } from '../../src/step.ts';
import { differences, outputsOf } from '../support/equivalence.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { parseModel } from '../support/parse.ts';
import { graphOf } from '../support/quantize-graphs.ts';
import { noisyModel } from '../support/quantized.ts';

const folder = new Folder('convert');
let count = 0;

async function convert(input: string, job: Partial<ConvertJob> = {}): Promise<ConvertResult> {
  return convertFile(
    {
      input,
      output: folder.at(`out-${count++}.onnx`),
      clean: false,
      strip: false,
      opset: null,
      check: 'full',
      layout: { externalData: 'auto' },
      force: false,
      ...job,
    },
    silentContext({ threads: 1 }),
  );
}

async function sameOutputs(before: string, after: string): Promise<void> {
  const first = await outputsOf(before);
  const second = await outputsOf(after, () => first.feeds);
  expect(differences(first.outputs, second.outputs)).toEqual([]);
}

afterEach(() => vi.restoreAllMocks());

const FIXTURE_NAMES = ['fashion-cnn', 'gpt-bytes', 'rnn-gru', 'rnn-lstm', 'text-transformer-dynamo'];

describe.for(FIXTURE_NAMES)('%s', (name) => {
  const input = join(FIXTURES, `${name}.onnx`);

  it('comes out as it went in when nothing is asked for', async () => {
    const { path, step, bytesAfter, bytesBefore } = await convert(input);
    expect(readFileSync(path).equals(readFileSync(input))).toBe(true);
    expect([step.changed, bytesAfter]).toEqual([[], bytesBefore]);
  });

  it('cleaned, stripped and with a newer opset it computes the same and is no larger', async () => {
    const { path, step, bytesAfter, bytesBefore, check } = await convert(input, {
      clean: true,
      strip: true,
      opset: 21,
    });
    expect(openModel(path).model.opset).toBe(21);
    expect(step).toMatchObject({ name: 'convert', options: { clean: true, strip: true, opset: 21 } });
    expect(step.changed.length).toBeGreaterThan(0);
    expect(bytesAfter).toBeLessThanOrEqual(bytesBefore + 1024);
    expect(check.fidelity?.sqnrDb ?? 999).toBeGreaterThan(60);
    await sameOutputs(input, path);
  });
});

describe('where weights are', () => {
  const input = folder.save('matmul.onnx', graphOf('two MatMuls of one value'));

  it('out into a file beside the model, and back in again', async () => {
    const out = await convert(input, {
      output: folder.at('outside.onnx'),
      layout: { externalData: 'always' },
    });
    expect(out.files).toHaveLength(2);
    const data = out.files[1] ?? '';
    expect(statSync(data).size).toBeGreaterThanOrEqual(64 * 80 * 4);
    expect(out.bytesAfter).toBe(statSync(out.path).size + statSync(data).size);
    await sameOutputs(input, out.path);

    const back = await convert(out.path, { layout: { externalData: 'never' } });
    expect(back.files).toEqual([back.path]);
    expect(readFileSync(back.path).equals(encodeModel(openModel(input).model))).toBe(true);
  });

  it('stay outside where they were outside, unless told otherwise', async () => {
    const out = await convert(input, { output: folder.at('stay.onnx'), layout: { externalData: 'always' } });
    expect((await convert(out.path)).files).toHaveLength(2);
  });

  it('in shards of a size', async () => {
    const layout = { externalData: 'always', shardBytes: 9000 } as const;
    const { files, path } = await convert(input, { output: folder.at('shards.onnx'), layout });
    expect(files.length).toBeGreaterThan(2);
    await sameOutputs(input, path);
  });

  it('neither the input nor its data files are overwritten', async () => {
    const out = await convert(input, { output: folder.at('kept.onnx'), layout: { externalData: 'always' } });
    const data = out.files[1] ?? '';
    for (const output of [out.path, data]) {
      const before = readFileSync(output);
      await expect(convert(out.path, { output, force: true })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
      expect(readFileSync(output).equals(before)).toBe(true);
    }
  });
});

describe('what is refused', () => {
  const input = folder.save('relu.onnx', parseModel('g (float[N,4] x) => (float[N,4] y) { y = Relu(x) }'));

  it('an older opset', async () => {
    const refused = { code: 'USAGE', message: 'the model has opset 20; going back to 13 is not possible' };
    await expect(convert(input, { opset: 13 })).rejects.toMatchObject(refused);
    expect(openModel((await convert(input, { opset: 20 })).path).model.opset).toBe(20);
  });

  it('an existing output, unless --force is given', async () => {
    const output = folder.at('there.onnx');
    writeFileSync(output, 'mine');
    await expect(convert(input, { output })).rejects.toMatchObject({ code: 'FILE_EXISTS', exitCode: 2 });
    expect(readFileSync(output, 'utf8')).toBe('mine');
    await convert(input, { output, force: true });
    expect(openModel(output).model.graph.nodeCount).toBe(1);
  });

  it('an input that is no model', async () => {
    const text = folder.at('text.onnx');
    writeFileSync(text, 'hello');
    await expect(convert(text)).rejects.toMatchObject({ code: 'MODEL_UNREADABLE' });
    await expect(convert(folder.at('missing.onnx'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('a model that computes something else afterwards, which would be a bug in a pass', async () => {
    const model = noisyModel(
      'g (float[N,8] x) => (float[N,8] y) <float[8,8] w = {0}> { i = Identity(x) y = MatMul(i, w) }',
    );
    const path = folder.save('pass.onnx', model);
    const wrong = Tensor.of('float32', [8, 8], new Float32Array(64).fill(0.5));
    vi.spyOn(pipelines.clean[0], 'run').mockImplementation((broken) => {
      for (const value of broken.graph.initializers) value.tensor = wrong;
    });
    const before = folder.list();
    await expect(convert(path, { clean: true })).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      exitCode: 1,
      message: expect.stringMatching(/^the rewritten model computes something else \(-?\d+\.\d dB\)$/),
    });
    expect(folder.list()).toEqual(before);
  });
});

describe('the check', () => {
  const input = folder.save('checked.onnx', graphOf('MatMul'));

  it('loads what was only rewritten, runs what passes have touched, does nothing when told so', async () => {
    expect((await convert(input)).check.fidelity).toBeNull();
    expect((await convert(input, { clean: true })).check.data?.synthetic).toBe(true);
    expect((await convert(input, { clean: true, check: 'none' })).check.data).toBeNull();
  });

  it('a model that onnxruntime does not load can be rewritten with --check none', async () => {
    const odd = folder.save(
      'odd.onnx',
      parseModel(
        '<ir_version: 8, opset_import: ["": 17, "other": 1]> g (float[N,4] x) => (float[N,4] y) { y = other.Secret(x) }',
      ),
    );
    await expect(convert(odd)).rejects.toMatchObject({
      code: 'RUNTIME',
      exitCode: 2,
      hint: expect.stringContaining('--check none'),
    });
    const { path } = await convert(odd, { check: 'none', clean: true });
    expect(existsSync(path)).toBe(true);
  });
});
