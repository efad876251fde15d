import { describe, expect, it } from 'vitest';
import { openModel } from '../../../src/onnx/read.ts';
import { blame } from '../../../src/probe/layers/blame.ts';
import { leader } from '../../../src/probe/layers/leader.ts';
import { touchedPairs } from '../../../src/probe/layers/touched.ts';
import { Folder } from '../../support/folder.ts';
import { comparePaths, saveBoth } from './support.ts';

const folder = new Folder('blame');
const { signal } = new AbortController();

const head = (scale: string): string =>
  `g (float[N,24] x) => (float[N,24] y) <float[24,24] v = {0}, float[24,24] w = {0}, float s = {${scale}}, uint8 z = {128}>`;
const PLAIN = `${head('0.05')} { [one] a = MatMul(x, v) [two] c = MatMul(a, w) d = Add(c, x) [less] e = Sub(d, x) y = Tanh(e) }`;

describe('who is to blame for noise', () => {
  it('marks what is computed differently, and not what only reads noise', async () => {
    const after = `${head('0.05')} { [one] a = MatMul(x, v) q = QuantizeLinear(a, s, z) p = DequantizeLinear(q, s, z)
      [two] c = MatMul(p, w) d = Add(c, x) [less] e = Sub(d, x) y = Tanh(e) }`;
    const [a = '', b = ''] = saveBoth(folder, PLAIN, after);
    const { layers } = await comparePaths(a, b);
    const touched = touchedPairs(layers, signal);
    expect([...touched].map(({ before }) => before.value.name)).toEqual(['c']);
    // d hides the noise behind x, e uncovers it: what e adds is what c brought in.
    const [c, d, e] = ['c', 'd', 'e'].map((name) => layers.find(({ before }) => before.value.name === name));
    expect(d?.sqnrDb).toBeGreaterThan(c?.sqnrDb ?? Infinity);
    expect(e?.added).toBeGreaterThan(0);
    const found = blame(layers, touched, 200);
    expect([...found.keys()]).toEqual([c]);
    expect([...found.values()][0]).toBeGreaterThan((c?.added ?? 0) + (e?.added ?? 0) * 0.99);
    expect(blame(layers, touched, -100).size).toBe(0);
  });

  it('sees another weight under the same name, and none in a model beside itself', async () => {
    const other = PLAIN.replace('two] c = MatMul(a, w)', 'two] c = MatMul(a, v)').replace(
      'float[24,24] w = {0}',
      'float[24,24] w = {1}',
    );
    const [a = '', b = ''] = saveBoth(folder, PLAIN, other);
    const names = async (second: string) =>
      [...touchedPairs((await comparePaths(a, second)).layers, signal)].map(({ before }) => before.node.name);
    expect(await names(b)).toEqual(['two']);
    expect(await names(a)).toEqual([]);
  });

  it('names the node with the weight where several became one', () => {
    const path = folder.save(
      'conv.onnx',
      openModel(
        saveBoth(
          folder,
          `g (float[1,2,4,4] x) => (float[1,3,4,4] y) <float[3,2,1,1] w = {0}, float[3] k = {1, 1, 1}>
           { [conv] a = Conv(x, w) [norm] b = BatchNormalization(a, k, k, k, k) [relu] c = Relu(b) [neg] y = Neg(c) }`,
        )[0] ?? '',
      ).model,
    );
    const nodes = openModel(path).model.graph.nodes;
    const [conv, norm, relu, neg] = nodes;
    if (!conv || !norm || !relu || !neg) throw new Error('four nodes were written');
    const values = nodes.flatMap((node) => node.output() ?? []);
    const only = (...places: number[]) => new Set(values.filter((_, index) => places.includes(index)));
    expect(leader(relu, only(2, 3))).toBe(conv);
    expect(leader(conv, only(0, 1, 2, 3))).toBe(conv);
    expect(leader(neg, only(2, 3))).toBe(neg);
  });
});
