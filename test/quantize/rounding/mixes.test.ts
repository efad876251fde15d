import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/ir/model.ts';
import { Folder } from '../../support/folder.ts';
import { noisyModel, quantize } from '../../support/quantized.ts';
import { dataset, mlp, outputFor, relativeError, rowsOf, WIDTH } from './rounding-support.ts';

const folder = new Folder('mixes');
const values = rowsOf(200);
const data = dataset(folder, 'rows', values);

/** Bits by node, without the suffix of the width. */
function bitsOf(model: Model): Record<string, number> {
  return Object.fromEntries(
    model.graph.nodes
      .filter((node) => node.op === 'MatMulNBits')
      .map((node) => [node.name.replace(/_Q\d$/, ''), node.int('bits')]),
  );
}

describe('--int8-layers', () => {
  it('gives 8 bits to what it names', async () => {
    const { model, changed } = await quantize(mlp(), 'int4', { int8Layers: ['two'] });
    expect(bitsOf(model)).toEqual({ one: 4, two: 8 });
    expect(changed.find((change) => change.startsWith('two'))).toMatch(/8-bit weights/);
  });

  it('refuses a name that is none', async () => {
    await expect(quantize(mlp(), 'int4', { int8Layers: ['three'] })).rejects.toThrow(
      expect.objectContaining({ code: 'SELECTOR' }),
    );
  });

  it('goes with qdq and with rounding by data', async () => {
    const exact = await outputFor(mlp(), values);
    for (const format of ['default', 'qdq'] as const) {
      const error = async (int8Layers: string[]) => {
        const { model } = await quantize(mlp(), 'int4', { rounding: 'gptq', data, format, int8Layers });
        return relativeError(exact, await outputFor(model, values));
      };
      expect(await error(['*'])).toBeLessThan((await error([])) / 20);
    }
  });
});

describe('--int8-ratio', () => {
  // one has 64 x 96 weights, two 96 x 40: 61.5 and 38.5 percent.
  it.each([
    [0.3, []],
    [0.5, ['two']],
    [0.7, ['one']],
    [1, ['one', 'two']],
  ])('%d takes what costs most and fits', async (int8Ratio, expected) => {
    const { model } = await quantize(mlp(), 'int4', { int8Ratio, data });
    const bits = bitsOf(model);
    const wide = Object.keys(bits).filter((name) => bits[name] === 8);
    if (int8Ratio === 0.7) expect(wide).toHaveLength(1);
    else expect(wide).toEqual(expected);
  });

  it('says what it judged by', async () => {
    const { outcome } = await quantize(mlp(), 'int4', { int8Ratio: 0.5 });
    expect(outcome.notes.join()).toMatch(/8 bits for 1 matrices .* relative to the weights/);
    const measured = await quantize(mlp(), 'int4', { int8Ratio: 0.5, data });
    expect(measured.outcome.notes.join()).toMatch(/relative to the output/);
  });
});

describe('small heads', () => {
  const classifier = (tail: string, outputs = 'float[N,3] y') =>
    noisyModel(`g (float[N,${WIDTH}] x) => (${outputs})
      <float[${WIDTH},256] w = {0}, float[256,256] u = {0}, float[256,3] v = {0}, float[3] b = {0}>
      { [one] h = MatMul(x, w) a = Relu(h) [two] c = MatMul(a, u) ${tail} }`);
  const answering = '[head] z = MatMul(c, v) s = Add(z, b) y = Softmax(s)';

  it.each(['default', 'qdq'] as const)('have 8 bits without a ratio, %s', async (format) => {
    const { outcome, changed } = await quantize(classifier(answering), 'int4', { format });
    expect(changed.filter((change) => /8-bit/.test(change))).toEqual([expect.stringMatching(/^head/)]);
    expect(outcome.notes.join()).toMatch(/8 bits for what answers directly and is small: v;/);
  });

  it('are not told twice, not kept against a ratio, not for parity', async () => {
    const named = await quantize(classifier(answering), 'int4', { int8Layers: ['head'] });
    expect(named.outcome.notes.join()).not.toMatch(/answers directly/);
    for (const options of [{ int8Ratio: 0 }, { parity: 'ort' }] as const)
      expect(Object.values(bitsOf((await quantize(classifier(answering), 'int4', options)).model))).toEqual([
        4, 4, 4,
      ]);
  });

  it('are no heads where something is mixed in behind them, nor where they are large', async () => {
    const mixed = '[head] z = MatMul(c, v) [side] m = ReduceMax<axes=[1], keepdims=1>(c) y = Add(z, m)';
    expect(bitsOf((await quantize(classifier(mixed), 'int4')).model)).toEqual({ one: 4, two: 4, head: 4 });
    expect(bitsOf((await quantize(mlp(), 'int4')).model)).toEqual({ one: 4, two: 4 });
  });

  it('make the answer more exact', async () => {
    const values = rowsOf(32);
    const exact = await outputFor(classifier('[head] y = MatMul(c, v)'), values);
    const error = async (int8Ratio: number | null) => {
      const { model } = await quantize(classifier('[head] y = MatMul(c, v)'), 'int4', { int8Ratio });
      return relativeError(exact, await outputFor(model, values));
    };
    expect(await error(null)).toBeLessThan(0.9 * (await error(0)));
  });
});
