/** The scales of AWQ against the search of the paper, by loops: x / s times the rounded s W, for every power. */
import { expect, it } from 'vitest';
import { floatsOf } from '../../../src/ir/floats.ts';
import type { Model } from '../../../src/ir/model.ts';
import { Outcome } from '../../../src/quantize/outcome.ts';
import { scaleInputs } from '../../../src/quantize/rounding/awq-scales.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { silentContext } from '../../../src/step.ts';
import { outputsOf } from '../../support/equivalence.ts';
import { Folder } from '../../support/folder.ts';
import { noisyModel } from '../../support/quantized.ts';
import { dataset, rowsOf, WIDTH } from './rounding-support.ts';

const folder = new Folder('awq-scales');
const [ROWS, OUT, BLOCK] = [120, 24, 32];
const values = rowsOf(ROWS);

/** A product behind a Mul, which can take factors over and leaves the sizes of the inputs as they are. */
const product = (): Model =>
  noisyModel(`g (float[N,${WIDTH}] x) => (float[N,${OUT}] y)
    <float[${WIDTH}] s = {0}, float[${WIDTH},${OUT}] w = {0}> { a = Mul(x, s) y = MatMul(a, w) }`);

function constant(model: Model, name: string): Float32Array {
  const tensor = [...model.graph.initializers].find((value) => value.name === name)?.tensor;
  if (!tensor) throw new Error(`no ${name}`);
  return floatsOf(tensor);
}

/** Rounds a weight [WIDTH, OUT] in blocks of each column, zero points whole and zero in every range. */
function rounded(weight: readonly number[][], bits: number): number[][] {
  const top = (1 << bits) - 1;
  return weight.map((row, k) =>
    row.map((w, n) => {
      const first = k - (k % BLOCK);
      const block = weight.slice(first, first + BLOCK).map((other) => other[n] as number);
      const low = Math.min(0, ...block);
      const scale = (Math.max(0, ...block) - low) / top;
      const zero = Math.round(-low / scale);
      return (Math.min(Math.max(Math.round(w / scale) + zero, 0), top) - zero) * scale;
    }),
  );
}

/** Squared error of all outputs for inputs divided by `factors`. */
function errorWith(
  rows: readonly number[][],
  weight: readonly number[][],
  factors: readonly number[],
  bits: number,
): number {
  const scaled = weight.map((row, k) => row.map((w) => w * (factors[k] as number)));
  const codes = rounded(scaled, bits);
  let sum = 0;
  for (const x of rows)
    for (let n = 0; n < OUT; n++) {
      let off = 0;
      for (let k = 0; k < WIDTH; k++)
        off +=
          ((x[k] as number) / (factors[k] as number)) *
          ((codes[k]?.[n] as number) - (scaled[k]?.[n] as number));
      sum += off * off;
    }
  return sum;
}

it.each([3, 4] as const)('%i bits: the power with the least error of the layer', async (bits) => {
  const model = product();
  const [scale, flat] = [constant(product(), 's'), constant(product(), 'w')];
  const rows = Array.from({ length: ROWS }, (_, r) =>
    Array.from(scale, (s, k) => s * (values[r * WIDTH + k] as number)),
  );
  const weight = Array.from({ length: WIDTH }, (_, k) => Array.from(flat.subarray(k * OUT, (k + 1) * OUT)));
  const size = Array.from(scale, (_, k) =>
    Math.sqrt(rows.reduce((sum, x) => sum + (x[k] as number) ** 2, 0)),
  );
  const errors = Array.from({ length: 21 }, (_, step) =>
    errorWith(
      rows,
      weight,
      size.map((each) => each ** (step / 20)),
      bits,
    ),
  );

  const before = await outputsOf(product(), () => ({
    x: { dtype: 'float32', dims: [ROWS, WIDTH], data: values },
  }));
  await inferTypes(model);
  const options = {
    select: () => null,
    bits,
    blockSize: BLOCK,
    roundingSamples: ROWS,
    symmetric: false,
  } as const;
  await scaleInputs(model, dataset(folder, 'rows', values), options as never, new Outcome(), silentContext());
  const after = constant(model, 'w');
  const factors = Array.from(scale, (_, k) => (after[k * OUT] as number) / (flat[k * OUT] as number));

  expect(errorWith(rows, weight, factors, bits) / Math.min(...errors)).toBeCloseTo(1, 2);
  expect((errors[0] as number) / Math.min(...errors)).toBeGreaterThan(1.1);
  expect((errors[20] as number) / Math.min(...errors)).toBeGreaterThan(1.1);
  const same = await outputsOf(model, () => before.feeds);
  const [y, z] = [before, same].map(({ outputs }) => Object.values(outputs)[0]?.data as Float32Array);
  const largest = Math.max(...(y as Float32Array).map(Math.abs));
  for (const [i, value] of (y as Float32Array).entries())
    expect(Math.abs(value - (z?.[i] as number))).toBeLessThan(1e-5 * largest);
});
