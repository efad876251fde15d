import { describe, expect, it } from 'vitest';
import { cholesky, quadraticForm, solveFactored } from '../../src/numeric/linalg.ts';
import { plainEngine } from '../../src/numeric/matrix-engine.ts';
import { normal } from '../../src/random.ts';
import { inverse, testLayer } from './layer-support.ts';

/** A A^T + I of a random A. */
function positive(size: number, seed: number): Float64Array {
  const next = normal(seed);
  const a = Array.from({ length: size }, () => Array.from({ length: size }, next));
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    const sum = (a[i] as number[]).reduce((total, x, k) => total + x * (a[j]?.[k] as number), 0);
    return sum + (i === j ? 1 : 0);
  });
}

describe.each([1, 2, 63, 64, 65, 150])('a matrix of size %i', (size) => {
  it('is the product of its Cholesky factor with its transpose', async () => {
    const matrix = positive(size, size);
    const factor = await cholesky(matrix, size, plainEngine);
    if (!factor) throw new Error('positive definite');
    let worst = 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        let sum = 0;
        for (let k = 0; k < size; k++)
          sum += (factor[i * size + k] as number) * (factor[j * size + k] as number);
        worst = Math.max(worst, Math.abs(sum - (matrix[i * size + j] as number)));
        if (j > i) expect(factor[i * size + j]).toBe(0);
      }
    expect(worst).toBeLessThan(1e-11 * size);
  });

  it('solves as its inverse does', async () => {
    const matrix = positive(size, size + 1);
    const factor = await cholesky(matrix, size, plainEngine);
    if (!factor) throw new Error('positive definite');
    const next = normal(3);
    const right = Float64Array.from({ length: size * 3 }, next);
    const solved = right.slice();
    await solveFactored(factor, size, solved, 3, plainEngine);
    const inverted = inverse(matrix, size);
    for (let i = 0; i < size; i++)
      for (let c = 0; c < 3; c++) {
        const expected = (inverted[i] as number[]).reduce(
          (sum, x, j) => sum + x * (right[j * 3 + c] as number),
          0,
        );
        expect(solved[i * 3 + c]).toBeCloseTo(expected, 8);
      }
  });
});

it.each([
  ['indefinite', [1, 2, 2, 1]],
  ['singular', [1, 1, 1, 1]],
  ['zero', [0, 0, 0, 0]],
  ['not finite', [Number.NaN, 0, 0, 1]],
])('a matrix that is %s has no factor', async (_, values) => {
  expect(await cholesky(Float64Array.from(values), 2, plainEngine)).toBeNull();
});

it('the quadratic form is the squared error of the outputs', async () => {
  const { inputs, outputs, weight, rows, gram } = testLayer(20, 5, 40, 1);
  const form = await quadraticForm(weight, Float32Array.from(gram), inputs, outputs, plainEngine);
  let sum = 0;
  for (const row of rows)
    for (let n = 0; n < outputs; n++)
      sum += row.reduce((total, x, k) => total + x * (weight[k * outputs + n] as number), 0) ** 2;
  expect(form / sum).toBeCloseTo(1, 4);
});
