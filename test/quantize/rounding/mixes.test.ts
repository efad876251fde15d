import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/ir/model.ts';
import { Folder } from '../../support/folder.ts';
import { quantize } from '../../support/quantized.ts';
import { dataset, mlp, outputFor, relativeError, rowsOf } from './rounding-support.ts';

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
