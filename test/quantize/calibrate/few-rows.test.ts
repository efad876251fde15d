/** Ranges from few rows: the report says from how many, and what to do about it. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normal } from '../../../src/random.ts';
import { Folder } from '../../support/folder.ts';
import { npz } from '../../support/npz.ts';
import { noisyModel, type Options, quantize } from '../../support/quantized.ts';

const folder = new Folder('few-rows');
const MODEL = `g (float[n,32] x) => (float[n,32] y) <float[32,32] w = {0}, float[32,32] v = {0}> {
  a = MatMul(x, w) r = Relu(a) y = MatMul(r, v) }`;

async function notes(rows: number, options: Options = {}): Promise<readonly string[]> {
  const next = normal(3);
  const data = Float32Array.from({ length: rows * 32 }, next);
  const path = folder.at('x.npz');
  writeFileSync(path, npz({ x: { dtype: 'float32', dims: [rows, 32], data } }));
  const { outcome } = await quantize(noisyModel(MODEL), 'int8', { data: path, ...options });
  return outcome.notes.filter((note) => note.startsWith('ranges were found on'));
}

describe.for([{}, { parity: 'ort' }, { parity: 'ort', calibration: 'percentile' }] as const)(
  '%j',
  (options) => {
    it('counts the rows and asks for more', async () => {
      expect(await notes(1, options)).toEqual([expect.stringMatching(/ on 1 row, .* with --data$/)]);
      expect(await notes(15, options)).toEqual([expect.stringMatching(/ on 15 rows, .* with --data$/)]);
    });

    it('says nothing where there are enough', async () => {
      expect(await notes(16, options)).toEqual([]);
    });

    it('names the limit where that is what keeps rows out', async () => {
      expect(await notes(40, { ...options, calibrationSamples: 4 })).toEqual([
        expect.stringMatching(/ on 4 rows, .*: raise --\S+ to 64 or more$/),
      ]);
    });
  },
);
