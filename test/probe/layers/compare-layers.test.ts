import { describe, expect, it } from 'vitest';
import { asFloats } from '../../../src/data/cast.ts';
import type { Value } from '../../../src/ir/value.ts';
import { openModel } from '../../../src/onnx/read.ts';
import { saveModel } from '../../../src/onnx/write.ts';
import { ExposedSession } from '../../../src/probe/layers/exposed-session.ts';
import { CLEAN_DB } from '../../../src/probe/layers/rank.ts';
import { openInputs } from '../../../src/runtime/inputs.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { silentContext } from '../../../src/step.ts';
import { Folder } from '../../support/folder.ts';
import { parseModel } from '../../support/parse.ts';
import { comparePaths, pairsOf, saveBoth } from './support.ts';

const folder = new Folder('layers');

const WEIGHTS = 'float[32,32] u = {0}, float[32,32] v = {0}, float[32,32] w = {0}';
const NET = `g (float[N,32] x) => (float[N,32] y) <${WEIGHTS}>
  { [one] a = MatMul(x, u) b = Relu(a) [two] c = MatMul(b, v) d = Relu(c) [three] y = MatMul(d, w) }`;
/** The second product is off by a thousandth, the third by a hundredth. */
const OFF = `g (float[N,32] x) => (float[N,32] y) <${WEIGHTS}, float k = {1.001}, float l = {1.01}>
  { [one] a = MatMul(x, u) b = Relu(a) [two] p = MatMul(b, v) c = Mul(p, k) d = Relu(c)
    [three] q = MatMul(d, w) y = Mul(q, l) }`;

const byName = (result: Awaited<ReturnType<typeof comparePaths>>) =>
  new Map(result.layers.map((layer) => [layer.before.value.name, layer]));

describe('comparing layer by layer', () => {
  it('measures what was planted, and where', async () => {
    const [a = '', b = ''] = saveBoth(folder, NET, OFF);
    const found = byName(await comparePaths(a, b));
    expect([found.get('a')?.sqnrDb, found.get('b')?.sqnrDb]).toEqual([null, null]);
    expect(found.get('c')?.sqnrDb).toBeCloseTo(60, 1);
    expect(found.get('c')?.inputDb).toBe(CLEAN_DB);
    expect(found.get('d')?.added).toBeCloseTo(0, 9);
    // 1.001 * 1.01 - 1 = 0.01101
    expect(found.get('y')?.sqnrDb).toBeCloseTo(-20 * Math.log10(0.01101), 1);
    expect(found.get('y')?.inputDb).toBeCloseTo(60, 1);
    const worst = [...found.values()].sort((x, y) => y.added - x.added)[0];
    expect(worst?.before.node.name).toBe('three');
  });

  it('gives the numbers of outputs fetched and compared by hand, over all rows', async () => {
    const [a = '', b = ''] = saveBoth(folder, NET, OFF);
    const [first, second] = [await openSession(a), await openSession(b)];
    const inputs = await openInputs(first, { rows: 3 });
    let [signal, error, largest, rows] = [0, 0, 0, 0];
    for await (const { feeds, size } of inputs.batches(3)) {
      const x = (await first.run(feeds))['y'];
      const z = (await second.run(feeds))['y'];
      const [p, q] = [x && asFloats(x), z && asFloats(z)];
      for (const [index, value] of (p ?? []).entries()) {
        const difference = value - (q?.[index] ?? Number.NaN);
        signal += value * value;
        error += difference * difference;
        largest = Math.max(largest, Math.abs(difference));
      }
      rows += size;
    }
    await first.release();
    await second.release();
    const result = await comparePaths(a, b);
    const y = byName(result).get('y');
    expect(result.rows).toBe(rows);
    expect(y?.sqnrDb).toBeCloseTo(10 * Math.log10(signal / error), 3);
    expect(y?.maxAbsError).toBeCloseTo(largest, 5);
  });

  it('finds the same in groups that hold a single value at a time', async () => {
    const [a = '', b = ''] = saveBoth(folder, NET, OFF);
    const numbers = async (budget?: number) =>
      (await comparePaths(a, b, budget)).layers.map(({ before, sqnrDb, cosine, maxAbsError }) => ({
        name: before.value.name,
        sqnrDb,
        cosine,
        maxAbsError,
      }));
    expect(await numbers(1)).toEqual(await numbers());
  });

  it('reads weights that lie in data files where they are', async () => {
    const [a = '', b = ''] = saveBoth(folder, NET, OFF);
    const outside = folder.at('outside.onnx');
    await saveModel(openModel(b).model, outside, { externalData: 'always', force: true, protect: [] });
    expect(openModel(outside).externalFiles).toHaveLength(1);
    const inside = await comparePaths(a, b);
    const result = await comparePaths(a, outside);
    expect(result.layers.map(({ sqnrDb }) => sqnrDb)).toEqual(inside.layers.map(({ sqnrDb }) => sqnrDb));
  });

  it('does not count attention masks as signal', async () => {
    const masked = (k: string): string => `g (float[N,32] x) => (float[N,32] y) <float[32,32] u = {0}, ${k}>
      { a = MatMul(x, u) s = Mul(a, k) i = Greater(x, z) m = Where(i, s, n) y = Softmax(m) }`;
    for (const mask of ['-3.4e38', '-10000.0', '-inf']) {
      const constants = `float z = {0.0}, float n = {${mask}}`;
      const [a = '', b = ''] = saveBoth(
        folder,
        masked(`float k = {1.0}, ${constants}`),
        masked(`float k = {1.1}, ${constants}`),
      );
      const found = byName(await comparePaths(a, b));
      expect(found.get('m')?.sqnrDb).toBeCloseTo(20, 1);
    }
  });

  it('looks into the branch that runs, and says that the other did not', async () => {
    const branches = (k: number): string => `g (bool c, float[2,24] x) => (y) <float k = {${k}.0}> {
      y = If (c) <
        then_branch = t () => (p) { e = Sin(x) f = Mul(e, k) p = Neg(f) },
        else_branch = f () => (q) { r = Cos(x) o = Mul(r, k) q = Neg(o) }> }`;
    const [a = '', b = ''] = saveBoth(folder, branches(2), branches(3));
    const result = await comparePaths(a, b);
    const found = byName(result);
    const taken = found.has('e') ? ['e', 'f', 'p'] : ['r', 'o', 'q'];
    expect([...found.keys()]).toEqual([...taken, 'y']);
    expect(found.get(taken[0] ?? '')?.sqnrDb).toBeNull();
    expect(found.get(taken[1] ?? '')?.sqnrDb).toBeCloseTo(20 * Math.log10(2), 3);
    // The node around the branch adds nothing to what the branch made.
    expect(found.get('y')?.added).toBeCloseTo(0, 9);
    expect(result.left.get('no row reached it')).toHaveLength(3);
  });

  it('compares every turn of a loop', async () => {
    const loop = (
      k: string,
    ): string => `g (float[2,24] x) => (float[2,24] y) <int64 n = {3}, bool go = {1}, float k = {${k}}> {
      y = Loop (n, go, x) <body = b (int64 i, bool on, float[2,24] s) => (on2, s2) {
        on2 = Identity(on) h = Sin(s) s2 = Mul(h, k) }> }`;
    const [a = '', b = ''] = saveBoth(folder, loop('1.0'), loop('1.01'));
    const found = byName(await comparePaths(a, b));
    expect([...found.keys()]).toEqual(['h', 's2', 'y']);
    // Clean in the first turn, off in the others.
    expect(found.get('h')?.sqnrDb).toBeGreaterThan(40);
    expect(found.get('s2')?.sqnrDb).toBeLessThan(found.get('h')?.sqnrDb ?? 0);
  });

  it('leaves out loops whose values grow from turn to turn, with the reason', async () => {
    const growing = (
      k: string,
    ): string => `g (float[1,24] x) => (y) <int64 n = {3}, bool go = {1}, float k = {${k}}> {
      z = Loop (n, go, x) <body = b (int64 i, bool on, s) => (on2, s2) {
        on2 = Identity(on) s2 = Concat <axis = 0> (s, x) }>
      y = Mul(z, k) }`;
    const [a = '', b = ''] = saveBoth(folder, growing('1.0'), growing('1.5'));
    const result = await comparePaths(a, b);
    expect(pairsOf(result)).toEqual(['z: z', 'y: y']);
    expect([...result.left]).toEqual([[expect.stringContaining('inside a loop'), ['s2']]]);
  });

  it('hands out bfloat16, which has no arrays, as float32', async () => {
    const model = parseModel(
      'g (float[4] x) => (float[4] y) { h = Cast <to = 16> (x) y = Cast <to = 1> (h) }',
    );
    const value = model.graph.nodes[0]?.output() as Value;
    // Where the runtime's binding meets a bfloat16 output it says nothing of any type.
    value.type = { dtype: 'bfloat16', shape: [4] };
    const session = await ExposedSession.open(model, 'none.onnx', new Set([value]), silentContext());
    const x = { dtype: 'float32', dims: [4], data: Float32Array.of(1, 1.0078125, 3.001, -7) };
    const found = (await session.run({ x })).get(value);
    await session.release();
    expect(found?.data).toEqual(Float32Array.of(1, 1.0078125, 3, -7));
  });
});
