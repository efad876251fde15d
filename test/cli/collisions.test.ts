/** Files that would be read and written at once, or twice: refused before anything is done to them. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { noisyModel } from '../support/quantized.ts';
import { llmc } from './harness.ts';

const folder = new Folder('collisions');
folder.save(
  'm.onnx',
  noisyModel(`g (float[N,16] x) => (float[N,4] y) <float[16,32] a = {0}, float[32,4] b = {0}>
    { h = MatMul(x, a) r = Relu(h) y = MatMul(r, b) }`),
);
const rows: HostTensor = { dtype: 'float32', dims: [8, 16], data: new Float32Array(128).fill(0.5) };
writeFileSync(folder.at('rows.npz'), npz({ x: rows }));
writeFileSync(folder.at('lines.json'), `${JSON.stringify({ x: Array(16).fill(1) })}\n`.repeat(4));
symlinkSync(folder.at('rows.npz'), folder.at('link.npz'));

const PRUNE = 'prune m.onnx --sparsity 0.5 --threads 1';

describe('what is read stays as it is', () => {
  it.for([
    ['the data as output', `${PRUNE} --data rows.npz -o rows.npz --force`, 'rows.npz'],
    ['by another name', `${PRUNE} --data link.npz -o rows.npz --force`, 'rows.npz'],
    ['with the rows that are read', `${PRUNE} --data rows.npz?limit=4 -o rows.npz --force`, 'rows.npz'],
    ['of quantize', 'quantize m.onnx --scheme int8 --data rows.npz -o rows.npz --force', 'rows.npz'],
    [
      'as a report',
      'bench m.onnx --data jsonl:lines.json --report lines.json --runs 2 --force',
      'lines.json',
    ],
    ['the model as a report', 'bench m.onnx --report m.onnx --runs 2 --force', 'm.onnx'],
  ])('%s', async ([, line = '', file = '']) => {
    const before = readFileSync(folder.at(file));
    const { code, stderr } = await llmc(line.split(' '), { cwd: folder.path });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error (FILE_EXISTS|USAGE): /)]);
    expect(readFileSync(folder.at(file)).equals(before)).toBe(true);
  });

  it('the library refuses it as well', async () => {
    const { pruneFile } = await import('../../src/prune/prune.ts');
    const { silentContext } = await import('../../src/step.ts');
    const { parse } = await import('../../src/steps/prune.ts');
    const { pruneOptions } = await import('../../src/steps/prune.options.ts');
    const { readOptions } = await import('../../src/options/option.ts');
    const data = folder.at('rows.npz');
    const options = parse(readOptions(pruneOptions, { sparsity: '0.5', data }));
    const job = {
      input: folder.at('m.onnx'),
      output: data,
      options,
      layout: {},
      force: true,
      checksum: false,
    };
    await expect(pruneFile(job, silentContext({ threads: 1 }))).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
  });
});

describe('two results have two names', () => {
  it.for([
    ['model and report', `${PRUNE} -o out.json --report out.json`],
    ['two reports', 'bench m.onnx --runs 2 --report out.json --report ./out.json'],
    [
      'model and graph',
      `${PRUNE} --data rows.npz --recover finetune --batch 4 -o g.onnx --save-graph g.onnx`,
    ],
    ['history and report', 'bench m.onnx --runs 2 --history out.json --report out.json'],
  ])('%s', async ([, line = '']) => {
    const before = folder.list();
    const { code, stderr } = await llmc(line.split(' '), { cwd: folder.path });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^error USAGE: .* would both write .*\nhint: /),
    ]);
    expect(folder.list()).toEqual(before);
  });
});
