/** Layers whose rows differ in loudness, and layers nobody reaches: weights are int8, arithmetic is float. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MOST_SPREAD } from '../../../src/quantize/static/loudness.ts';
import { normal } from '../../../src/random.ts';
import { Folder } from '../../support/folder.ts';
import { npz } from '../../support/npz.ts';
import { noisyModel, type Options, quantize } from '../../support/quantized.ts';
import { EXACT, nodesOf, quantized } from '../../support/static.ts';

const folder = new Folder('uneven');
const ROWS = 40;
/** A layer that hears the rows as they are, and one that hears them evened out. */
const MODEL = `g (float[n,16] x) => (float[n,16] y) <float[16,16] w = {0}, float[16,16] v = {0}> {
  [first] a = MatMul(x, w) e = Softmax<axis = -1>(a) [second] y = MatMul(e, v) }`;

/** Every fourth row is `loud` times as loud as the others. */
async function made(loud: number, options: Options = {}) {
  const next = normal(7);
  const data = Float32Array.from(
    { length: ROWS * 16 },
    (_, at) => Math.tanh(next()) * ((at >> 4) % 4 ? 1 : loud),
  );
  const path = folder.at('x.npz');
  writeFileSync(path, npz({ x: { dtype: 'float32', dims: [ROWS, 16], data } }));
  const { model, changed } = await quantize(noisyModel(MODEL), 'int8', { ...EXACT, ...options, data: path });
  const isInteger = (name: string) => {
    const [node] = nodesOf(model, 'MatMul').filter((each) => each.name === name);
    return node?.input(0)?.producer?.op === 'DequantizeLinear';
  };
  const int8 = [...model.graph.initializers].filter(
    ({ tensor }) => tensor?.dtype === 'int8' && tensor.size === 256,
  );
  return { integers: ['first', 'second'].map(isInteger), text: changed.join('\n'), int8: int8.length };
}

describe('a layer whose rows differ in loudness', () => {
  it.for(['minmax', 'mse', 'moving-average'] as const)(
    'keeps float arithmetic by %s, its weight is int8',
    async (calibration) => {
      const { integers, text, int8 } = await made(4 * MOST_SPREAD, { calibration });
      expect(integers).toEqual([false, true]);
      expect(int8).toBe(2);
      expect(text).toMatch(/first.*its weight is stored as int8.*rows of its data differ \d\dx in loudness/);
    },
  );

  it('runs on integers where they differ less', async () => {
    expect(await made(MOST_SPREAD / 2)).toMatchObject({ integers: [true, true], int8: 2 });
  });

  it('runs on integers of 16 bits, which are enough for quiet rows', async () => {
    expect((await made(4 * MOST_SPREAD, { activationType: 'uint16' })).integers).toEqual([true, true]);
  });

  it('is told by a table of ranges, too', async () => {
    const calibrationTable = folder.at('ranges.json');
    const first = await made(4 * MOST_SPREAD, { calibrationTable });
    expect(await made(4 * MOST_SPREAD, { calibrationTable })).toEqual(first);
    expect(first.integers).toEqual([false, true]);
  });
});

it('a layer no sample reaches stores its weight as int8', async () => {
  const { model, changed } = await quantized('a branch never taken');
  const [unreached] = nodesOf(model, 'MatMul').filter(({ name }) => name === 'ma');
  const weight = unreached?.input(1)?.producer;
  expect([weight?.op, weight?.constant(0)?.dtype]).toEqual(['DequantizeLinear', 'int8']);
  expect(unreached?.input(0)?.producer?.op).toBe('Tanh');
  expect(changed.join('\n')).toMatch(/ma.*its weight is stored as int8.*no sample of the data reaches it/);
});
