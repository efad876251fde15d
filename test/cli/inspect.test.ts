import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Inspection } from '../../src/inspect/inspect.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import type { Report } from '../../src/report/schema.ts';
import { parseModel } from '../support/parse.ts';
import { llmc } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'llmc-inspect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FIXTURES = fileURLToPath(new URL('../../fixtures/models/', import.meta.url));
const numbers = (count: number, first = 0): string =>
  Array.from({ length: count }, (_, at) => first + at).join(', ');

/** Inspects a model given as text. */
async function inspect(text: string, ...options: string[]): Promise<Inspection> {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, encodeModel(parseModel(text)));
  const { code, stdout, stderr } = await llmc(['inspect', path, '--json', ...options]);
  expect([code, stderr]).toEqual([0, '']);
  return (JSON.parse(stdout) as { inspection: Inspection }).inspection;
}

describe('inspect', () => {
  it('counts parameters and MACs of a network with an open batch', async () => {
    const found =
      await inspect(`g (float[batch,4] x) => (y) <float[4,3] w = {${numbers(12)}}, float[3] b = {1, 2, 3}> {
      h = MatMul (x, w)
      y = Add (h, b)
    }`);
    expect(found).toMatchObject({
      parameters: 15,
      nodes: 2,
      macs: { total: 12, at: { batch: 1 }, unknown: [] },
    });
    expect(found.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['batch', 4] }]);
    expect(found.operators.map(({ type, withWeights }) => [type, withWeights])).toEqual([
      ['MatMul', 1],
      ['Add', null],
    ]);
  });

  it('counts at the sizes it is given', async () => {
    const text = `g (float[batch,time,4] x) => (y) <float[4,3] w = {${numbers(12)}}> { y = MatMul (x, w) }`;
    const { macs } = await inspect(text, '--dim', 'batch=2', '--dim', 'time=10');
    expect(macs).toEqual({ total: 240, at: { batch: 2, time: 10 }, unknown: [] });
    const { code, stderr } = await llmc(['inspect', join(folder, 'model.onnx'), '--dim', 'tiem=3']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('batch, time')]);
  });

  it('follows shapes that the graph computes from shapes', async () => {
    const { macs } = await inspect(
      `g (float[n,8] x) => (y) <float[4,5] w = {${numbers(20)}}, int64[1] four = {4}> {
      s = Shape <end = 1> (x)
      double = Add (s, s)
      t = Concat <axis = 0> (double, four)
      r = Reshape (x, t)
      h = MatMul (r, w)
      s2 = Shape (h)
      k = ConstantOfShape (s2)
      m = Transpose (k)
      y = MatMul (h, m)
    }`,
      '--dim',
      'n=3',
    );
    // [6, 4] x [4, 5], then [6, 5] x [5, 6]
    expect(macs).toEqual({ total: 6 * 4 * 5 + 6 * 5 * 6, at: { n: 3 }, unknown: [] });
  });

  it('finds weights in Constant nodes and branches, and says where', async () => {
    const found = await inspect(`g (float[2,2] x, bool c) => (y) {
      y = If (c) <
        then_branch = yes () => (float[2,2] a) { w = Constant <value = float[2,2] {1, 2, 3, 4}> () a = MatMul (x, w) },
        else_branch = no () => (float[2,2] b) { b = Relu (x) }
      >
    }`);
    expect(found).toMatchObject({ parameters: 4, nodes: 4, subgraphs: 2, macs: { total: 8 } });
    expect(found.weights.tensors).toMatchObject([
      { name: 'w', place: 'node', graph: 'yes', users: ['MatMul'] },
    ]);
    expect(found.operators.find(({ type }) => type === 'MatMul')).toMatchObject({
      count: 1,
      nested: 1,
      withWeights: 1,
    });
  });

  it('tells a weight behind other operators from an activation', async () => {
    const { operators } = await inspect(`g (float[3,4] x) => (y) <float[3,4] w = {${numbers(12)}}> {
      t = Transpose (w)
      a = MatMul (x, t)
      y = MatMul (a, x)
    }`);
    expect(operators.find(({ type }) => type === 'MatMul')).toMatchObject({ count: 2, withWeights: 1 });
  });

  it('finds weights that are shared and weights that are stored twice', async () => {
    const { weights } = await inspect(`g (float[1,32] x) => (y) <
      float[32,32] a = {${numbers(1024)}}, float[32,32] b = {${numbers(1024)}}, float[32,32] c = {${numbers(1024, 1)}}
    > {
      h = MatMul (x, a)
      i = MatMul (h, a)
      j = MatMul (i, b)
      y = MatMul (j, c)
    }`);
    expect(weights.tied).toEqual([{ name: 'a', bytes: 4096, uses: 2 }]);
    expect(weights.duplicates).toEqual([{ names: ['a', 'b'], bytes: 4096, certain: true }]);
  });

  it('counts packed weights one by one', async () => {
    const found = await inspect(`<ir_version: 10, opset_import: ["": 20, "com.microsoft": 1]>
      g (float[1,32] x) => (float[1,2] y) <uint8[2,1,16] w = {${numbers(32)}}, float[2] s = {1, 2}> {
        y = com.microsoft.MatMulNBits <K = 32, N = 2, bits = 4, block_size = 32> (x, w, s)
      }`);
    expect(found).toMatchObject({ parameters: 2 * 32 + 2, macs: { total: 64 } });
  });

  it('lists the largest tensors, or all', async () => {
    const text = `g (float[1,4] x) => (y) <float[4,4] a = {${numbers(16)}}, float[4,2] b = {${numbers(8)}}> {
      h = MatMul (x, a)
      y = MatMul (h, b)
    }`;
    const names = ({ weights }: Inspection) => weights.tensors.map(({ name }) => name);
    expect(names(await inspect(text, '--top', '1'))).toEqual(['a']);
    expect(names(await inspect(text, '--top', '1', '--tensors'))).toEqual(['a', 'b']);
  });

  it('goes on with operators it does not know', async () => {
    const found = await inspect(`<ir_version: 10, opset_import: ["": 20, "custom": 1]>
      g (float[1,4] x) => (float[1,4] y) { y = custom.Secret (x) }`);
    expect(found.macs.unknown).toEqual([
      { reason: 'nothing is known of custom.Secret', nodes: ['y (custom.Secret)'] },
    ]);
    expect(found.operators).toMatchObject([{ type: 'custom.Secret', quantize: { can: false } }]);
  });

  it('takes no shape for possible that is not', async () => {
    const found =
      await inspect(`g (float[2,3] x) => (y, z) <int64[2] no = {-9, 3}, float[2] half = {0.5, 1.5}> {
      y = Expand (x, no) z = Tile (x, half) }`);
    expect(found.operators.map(({ type }) => type).sort()).toEqual(['Expand', 'Tile']);
  });

  it('counts more axes than the alphabet has letters', async () => {
    const dims = Array.from({ length: 30 }, () => 1).join(',');
    const found = await inspect(`g (float[${dims}] x) => (y) { t = Transpose (x) y = Relu (t) }`);
    expect(found.nodes).toBe(2);
  });

  it('prints for people, within the width', async () => {
    const { code, stdout } = await llmc(['inspect', `${FIXTURES}fashion-cnn.onnx`, '--graph'], {
      columns: 100,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^parameters +189 K$/m);
    expect(stdout).toMatch(/^MACs +9\.90 M at batch=1/m);
    expect(stdout).toMatch(/^Conv +17 +17 +9\.90 M +yes +yes +yes$/m);
    expect(stdout).toContain('ir_version: 10');
  });

  it('makes a report like any other command', async () => {
    const { code, stdout } = await llmc([
      'inspect',
      `${FIXTURES}fashion-cnn.onnx`,
      '--json',
      '--require',
      'parameters <= 200000',
    ]);
    const { models, requirements } = JSON.parse(stdout) as Report;
    expect([code, models[0]]).toEqual([
      0,
      expect.objectContaining({ name: 'fashion-cnn.onnx', macs: 9_901_216 }),
    ]);
    expect(requirements).toMatchObject([{ passed: true }]);
  });
});
