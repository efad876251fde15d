/** Layers to round in tests: correlated inputs of uneven size, their second moments, and errors written out. */
import type { LayerGrid, RoundedLayer } from '../../src/numeric/layer.ts';
import { normal } from '../../src/random.ts';

export interface TestLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs, outputs] */
  readonly weight: Float32Array;
  /** Rows of inputs. */
  readonly rows: readonly (readonly number[])[];
  /** Sum of x x^T, [inputs, inputs] */
  readonly gram: Float64Array;
}

/** Inputs that share a few causes and differ in size by up to a hundred. */
export function testLayer(inputs: number, outputs: number, count: number, seed: number): TestLayer {
  const next = normal(seed);
  const causes = Math.max(2, inputs >> 2);
  const mixing = Array.from({ length: inputs }, () => Array.from({ length: causes }, next));
  const sizes = Array.from({ length: inputs }, () => Math.exp(next()));
  const rows = Array.from({ length: count }, () => {
    const cause = Array.from({ length: causes }, next);
    return mixing.map((own, k) => {
      const sum = own.reduce((total, share, c) => total + share * (cause[c] as number), 0);
      return (sizes[k] as number) * (sum + 0.2 * next());
    });
  });
  const gram = new Float64Array(inputs * inputs);
  for (const row of rows)
    for (let i = 0; i < inputs; i++)
      for (let j = 0; j < inputs; j++)
        gram[i * inputs + j] = (gram[i * inputs + j] as number) + (row[i] as number) * (row[j] as number);
  const weight = Float32Array.from({ length: inputs * outputs }, () => 0.05 * next());
  return { inputs, outputs, weight, rows, gram };
}

/** The weight that a code stands for. */
export function dequantized(layer: RoundedLayer, grid: LayerGrid, k: number, n: number): number {
  const block = Math.floor(k / grid.blockSize) * grid.outputs + n;
  const code = layer.codes[k * grid.outputs + n] as number;
  return (code - (layer.zeroPoints[block] as number)) * (layer.scales[block] as number);
}

/** Sum over rows and outputs of (x W - x Q)^2, straight from the inputs. */
export function outputError(test: TestLayer, layer: RoundedLayer, grid: LayerGrid): number {
  let sum = 0;
  for (const row of test.rows)
    for (let n = 0; n < test.outputs; n++) {
      let off = 0;
      for (let k = 0; k < test.inputs; k++)
        off +=
          (row[k] as number) *
          ((test.weight[k * test.outputs + n] as number) - dequantized(layer, grid, k, n));
      sum += off * off;
    }
  return sum;
}

/** The inverse of a symmetric positive definite matrix by Gauss-Jordan elimination. */
export function inverse(matrix: ArrayLike<number>, size: number): number[][] {
  const rows = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) => matrix[i * size + j] as number),
    ...Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)),
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    const row = rows[pivot] as number[];
    const by = row[pivot] as number;
    for (let j = 0; j < 2 * size; j++) row[j] = (row[j] as number) / by;
    for (const [i, other] of rows.entries()) {
      const factor = other[pivot] as number;
      if (i !== pivot)
        for (let j = 0; j < 2 * size; j++) other[j] = (other[j] as number) - factor * (row[j] as number);
    }
  }
  return rows.map((row) => row.slice(size));
}
