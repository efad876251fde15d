/** Models and data for tests of rounding by data: inputs that go together and differ in size. */
import { writeFileSync } from 'node:fs';
import type { Model } from '../../../src/ir/model.ts';
import { normal } from '../../../src/random.ts';
import { npyFile, zip } from '../../data/zip-writer.ts';
import { outputsOf } from '../../support/equivalence.ts';
import type { Folder } from '../../support/folder.ts';
import { noisyModel } from '../../support/quantized.ts';

export const WIDTH = 64;

/** Normalization, two layers, an activation. */
export const mlp = (): Model =>
  noisyModel(`g (float[N,${WIDTH}] x) => (float[N,40] y)
    <float[${WIDTH}] s = {0}, float[${WIDTH}] b = {0}, float[${WIDTH},96] w = {0}, float[96,40] v = {0}>
    { n = LayerNormalization(x, s, b) [one] h = MatMul(n, w) a = Relu(h) [two] y = MatMul(a, v) }`);

/** [rows, WIDTH] of a few causes; `value` replaces all of them. */
export function rowsOf(rows: number, value?: number): Float32Array {
  const next = normal(5);
  const mixing = Array.from({ length: WIDTH }, () => Array.from({ length: 12 }, next));
  const sizes = Array.from({ length: WIDTH }, () => Math.exp(next()));
  return Float32Array.from(
    Array.from({ length: rows }, () => {
      const causes = Array.from({ length: 12 }, next);
      return mixing.map((own, k) => {
        const sum = own.reduce((total, share, i) => total + share * (causes[i] as number), 0.1 * next());
        return value ?? sum * (sizes[k] as number);
      });
    }).flat(),
  );
}

/** A data file with `values` as rows of one input. */
export function dataset(
  folder: Folder,
  name: string,
  values: Float32Array,
  input = 'x',
  width = WIDTH,
): string {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length / width}, ${width}), }`;
  const path = folder.at(`${name}.npz`);
  writeFileSync(path, zip([{ name: `${input}.npy`, data: npyFile(header, new Uint8Array(values.buffer)) }]));
  return path;
}

/** The first output of a model for rows of its only input. */
export async function outputFor(model: Model, values: Float32Array): Promise<Float32Array> {
  const dims = [values.length / WIDTH, WIDTH];
  const { outputs } = await outputsOf(model, () => ({ x: { dtype: 'float32', dims, data: values } }));
  return Object.values(outputs)[0]?.data as Float32Array;
}

/** Squared difference relative to the squares of `exact`. */
export function relativeError(exact: Float32Array, other: Float32Array): number {
  let [off, all] = [0, 0];
  for (let i = 0; i < exact.length; i++) {
    off += ((exact[i] as number) - (other[i] as number)) ** 2;
    all += (exact[i] as number) ** 2;
  }
  return off / all;
}
