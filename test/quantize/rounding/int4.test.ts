import { describe, expect, it } from 'vitest';
import type { QuantizeOptions } from '../../../src/quantize/options.ts';
import { Folder } from '../../support/folder.ts';
import { graphOf } from '../../support/quantize-graphs.ts';
import { noisyModel, quantize } from '../../support/quantized.ts';
import { dataset, mlp, outputFor, relativeError, rowsOf } from './rounding-support.ts';

const folder = new Folder('rounding');
const values = rowsOf(300);
const data = dataset(folder, 'rows', values);

/** Both errors of a change, `0.031 %` as 0.00031; one where the layer fell back to nearest. */
function errorsOf(changed: string): readonly [number, number] {
  const back = /nearest: error (\S+) %, \w+ was no better/.exec(changed);
  if (back) return [Number(back[1]) / 100, Number(back[1]) / 100];
  const match = /error (\S+) % \(nearest (\S+) %\)/.exec(changed);
  if (!match) throw new Error(`no errors in '${changed}'`);
  return [Number(match[1]) / 100, Number(match[2]) / 100];
}

const CASES = (['gptq', 'awq', 'adaround', 'kquant', 'hqq'] as const).flatMap((rounding) =>
  (['default', 'qdq'] as const).flatMap((format) =>
    ([2, 4] as const).flatMap((bits) =>
      (rounding === 'hqq' ? [false] : [true, false]).map((symmetric) => ({
        rounding,
        format,
        bits,
        symmetric,
      })),
    ),
  ),
);

describe.each(CASES)('$rounding, $format, $bits bits, symmetric $symmetric', (options) => {
  const settings: Partial<QuantizeOptions> = { ...options, data, roundingSamples: 300 };

  it('is better than nearest in every layer and in the end', async () => {
    const exact = await outputFor(mlp(), values);
    const { model, changed } = await quantize(mlp(), 'int4', settings);
    expect(changed).toHaveLength(2);
    for (const change of changed) {
      const [own, nearest] = errorsOf(change);
      expect(own).toBeLessThanOrEqual(nearest);
    }
    const plain = await quantize(mlp(), 'int4', { ...settings, rounding: 'nearest' });
    const own = relativeError(exact, await outputFor(model, values));
    const nearest = relativeError(exact, await outputFor(plain.model, values));
    expect(own / nearest).toBeLessThan(options.rounding === 'gptq' ? 0.4 : 1);
    // The last layer's error is that of the model: it is measured against the float model.
    expect(own / errorsOf(changed[1] ?? '')[0]).toBeCloseTo(1, 1);
  });
});

it('a layer whose inputs are zero is rounded by search, with that reason', async () => {
  const zeros = dataset(folder, 'zeros', rowsOf(40, 0));
  const model = noisyModel(`g (float[N,64] x) => (float[N,40] y)
    <float[64,96] w = {0}, float[96] b = {0}, float[96,40] v = {0}>
    { [one] h = MatMul(x, w) a = Add(h, b) [two] y = MatMul(a, v) }`);
  const { changed } = await quantize(model, 'int4', { rounding: 'gptq', data: zeros });
  expect(changed[0]).toMatch(/kquant, its inputs are zero or not finite/);
  expect(changed[1]).toMatch(/gptq: error/);
});

describe('data that cannot serve', () => {
  const gptq = { rounding: 'gptq' } as const;
  const few = dataset(folder, 'few', rowsOf(5));
  const broken = dataset(folder, 'broken', rowsOf(40, Number.NaN));
  const narrow = dataset(folder, 'narrow', rowsOf(40), 'x', 32);

  it.each([
    ['few rows', few, /too little for gptq: 5 rows are too few/],
    ['NaN', broken, /NaN|not finite/],
    ['generated rows', 'synthetic', /needs real inputs/],
  ])('%s', async (_, path, message) => {
    await expect(quantize(mlp(), 'int4', { ...gptq, data: path })).rejects.toThrow(
      expect.objectContaining({ code: 'DATA', exitCode: 2, message: expect.stringMatching(message) }),
    );
  });

  it('rows of another width', async () => {
    await expect(quantize(mlp(), 'int4', { ...gptq, data: narrow })).rejects.toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
  });
});

it('the same data gives the same bytes', async () => {
  const bytes = async () => {
    const { model } = await quantize(mlp(), 'int4', { rounding: 'gptq', data });
    return [...model.graph.initializers].flatMap(({ tensor }) => [...(tensor?.bytes() ?? [])]);
  };
  expect(await bytes()).toEqual(await bytes());
});

it('a tied table keeps one set of codes', async () => {
  const ids = dataset(folder, 'unused', rowsOf(40));
  const { model, outcome } = await quantize(graphOf('an embedding tied to its projection'), 'int4', {
    rounding: 'gptq',
    data: ids,
  });
  const codes = [...model.graph.initializers].filter(({ tensor }) => tensor?.dtype === 'uint8');
  expect(codes.map(({ tensor }) => `${tensor?.dims}`)).toContain('40,2,16');
  expect(outcome.notes.join()).toMatch(/kquant for 1 layer: its weight has other uses, too/);
});
