import { describe, expect, it } from 'vitest';
import { allGraphs } from '../../../src/ir/walk.ts';
import { cloneModel } from '../../../src/onnx/read.ts';
import { Folder } from '../../support/folder.ts';
import { noisyModel } from '../../support/quantized.ts';
import { comparePaths, pairsOf, saveBoth } from './support.ts';

const folder = new Folder('match');

async function compare(before: string, after: string) {
  const [a = '', b = ''] = saveBoth(folder, before, after);
  return comparePaths(a, b);
}

const CHAIN = `g (float[N,24] x) => (float[N,24] y) <float[24,24] v = {0}, float[24,24] w = {0}>
  { [one] a = MatMul(x, v) b = Relu(a) [two] c = MatMul(b, w) d = Tanh(c) e = Add(d, b) y = Sigmoid(e) }`;

describe('finding what two models both compute', () => {
  it('finds every value again when all names are others', async () => {
    const model = noisyModel(CHAIN);
    const renamed = cloneModel(model);
    for (const graph of allGraphs(renamed)) for (const node of graph) node.name = '';
    for (const node of renamed.graph)
      for (const value of node.outputs)
        if (value && !renamed.graph.outputs.includes(value)) value.name = `r_${value.name}`;
    const [a = '', b = ''] = saveBoth(folder, model, renamed);
    const { layers, left } = await comparePaths(a, b);
    expect(pairsOf({ layers, left, rows: 0 })).toEqual([
      'a: r_a *',
      'b: r_b *',
      'c: r_c *',
      'd: r_d *',
      'e: r_e *',
      'y: y',
    ]);
    expect(layers.every(({ sqnrDb }) => sqnrDb === null)).toBe(true);
    expect(left.size).toBe(0);
  });

  it('takes no value for another because it has its name: swapped names are sorted out', async () => {
    const swapped = CHAIN.replaceAll(/\b[ac]\b/g, (name) => (name === 'a' ? 'c' : 'a'));
    const result = await compare(CHAIN, swapped);
    expect(pairsOf(result)).toEqual(['a: c *', 'b: b', 'c: a *', 'd: d', 'e: e', 'y: y']);
    expect(result.layers.every(({ sqnrDb }) => sqnrDb === null)).toBe(true);
  });

  it('what comes out of a quantizer that absorbed a Relu is that Relu, what goes in is what it read', async () => {
    const before = `g (float[N,24] x) => (float[N,24] y) <float[24,24] v = {0}>
      { a = MatMul(x, v) b = Relu(a) y = Neg(b) }`;
    const after = `g (float[N,24] x) => (float[N,24] y) <float[24,24] v = {0}, float s = {0.1}, uint8 z = {0}>
      { b = MatMul(x, v) q = QuantizeLinear(b, s, z) d = DequantizeLinear(q, s, z) y = Neg(d) }`;
    const result = await compare(before, after);
    expect(pairsOf(result)).toEqual(['a: b *', 'b: d *', 'y: y']);
    const [a, b, y] = result.layers;
    expect(a?.sqnrDb).toBeNull();
    expect(b?.sqnrDb).toBeGreaterThan(20);
    // The noise is that of the quantizer, and the node behind adds none.
    expect(b?.added).toBeGreaterThan(0);
    expect(y?.added).toBeCloseTo(0, 6);
  });

  it('a damaged value stays the one of its name', async () => {
    const damaged = CHAIN.replace('c = MatMul(b, w)', 'k = Neg(b) c = MatMul(k, w)');
    const { layers } = await compare(CHAIN, damaged);
    const c = layers.find(({ before }) => before.value.name === 'c');
    expect([c?.after.value.name, c?.by]).toEqual(['c', 'name']);
    expect(c?.sqnrDb).toBeCloseTo(10 * Math.log10(1 / 4), 3);
  });

  it('says why a value has no counterpart', async () => {
    const fused = `g (float[N,24] x) => (float[N,24] y) <float[24,24] v = {0}, float[24,24] w = {0}>
      { [one] a = MatMul(x, v) b = Relu(a) y = Tanh(b) }`;
    const { left } = await compare(CHAIN, fused);
    expect([...left]).toEqual([[expect.stringContaining('fused or folded'), ['c', 'd', 'e']]]);
    const other = `g (float[N,24] x) => (float[N,24] y) <float[24,12] v = {0}, float[12,24] w = {0}>
      { a = MatMul(x, v) y = MatMul(a, w) }`;
    const shapes = await compare(CHAIN, other);
    expect([...shapes.left.keys()]).toContain('its shape differs: [1,24] against [1,12]');
  });
});
