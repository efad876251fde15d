/** A model that makes NaN of everything: nothing can be said of what became of it, and no gate passes. */
import { describe, expect, it } from 'vitest';
import { Tensor } from '../../src/ir/tensor.ts';
import { Folder } from '../support/folder.ts';
import { noisyModel } from '../support/quantized.ts';
import { llmc } from './harness.ts';

const folder = new Folder('nan');
const model = noisyModel(`g (float[N,16] x) => (float[N,4] y) <float[16,32] a = {0}, float[32,4] b = {0}>
  { h = MatMul(x, a) y = MatMul(h, b) }`);
for (const value of model.graph.initializers)
  if (value.name === 'b') value.tensor = Tensor.of('float32', [32, 4], new Float32Array(128).fill(NaN));
folder.save('nan.onnx', model);
folder.save('same.onnx', model);

describe('outputs that are NaN', () => {
  it.for([
    'prune nan.onnx --sparsity 0.25 --force -o out.onnx',
    'compare nan.onnx same.onnx',
    'bench nan.onnx same.onnx --runs 2 --no-memory',
  ])('%s', async (line) => {
    const argv = [...line.split(' '), '--threads', '1', '--require', 'sqnr >= 30dB'];
    const { code, stdout, stderr } = await llmc(argv, { cwd: folder.path });
    expect(code).toBe(1);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(/warning: .*all of the output 'y' is NaN in both models/);
    expect(stdout).toMatch(/FAILED +sqnr >= 30dB +not measured/);
  });
});
