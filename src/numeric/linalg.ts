/** Linear algebra that onnxruntime has no operator for: the Cholesky factorization, in blocks, and what rests on it. */
import type { MatrixEngine } from './matrix-engine.ts';

/** Columns factored at a time; all before them are subtracted by one matrix product. */
const PANEL = 64;

/**
 * The lower triangle L with A = L L^T of a symmetric matrix [size, size], whose lower triangle is read; zeros above.
 * Null unless A is positive definite with pivots above `tolerance` times its largest diagonal entry: what is smaller is
 * rounding noise, and dividing by it would give any numbers.
 */
export async function cholesky(
  matrix: Float64Array,
  size: number,
  engine: MatrixEngine,
  tolerance = 1e-13,
): Promise<Float64Array | null> {
  const factor = new Float64Array(size * size);
  let largest = 0;
  for (let i = 0; i < size; i++) {
    factor.set(matrix.subarray(i * size, i * size + i + 1), i * size);
    largest = Math.max(largest, matrix[i * size + i] as number);
  }
  if (!(largest > 0) || !Number.isFinite(largest)) return null;
  for (let first = 0; first < size; first += PANEL) {
    const last = Math.min(first + PANEL, size);
    if (first > 0) await subtractKnown(factor, size, first, last, engine);
    if (!factorPanel(factor, size, first, last, tolerance * largest)) return null;
  }
  return factor;
}

/** Panel [first, size) x [first, last) minus the products of the columns already factored. */
async function subtractKnown(
  factor: Float64Array,
  size: number,
  first: number,
  last: number,
  engine: MatrixEngine,
): Promise<void> {
  const width = last - first;
  const rows = size - first;
  const left = new Float64Array(rows * first);
  for (let i = 0; i < rows; i++) {
    const at = (first + i) * size;
    left.set(factor.subarray(at, at + first), i * first);
  }
  const right = new Float64Array(first * width);
  for (let c = 0; c < width; c++) {
    for (let j = 0; j < first; j++) right[j * width + c] = left[c * first + j] as number;
  }
  const known = await engine.multiply(left, right, rows, first, width);
  for (let i = 0; i < rows; i++) {
    const at = (first + i) * size + first;
    const most = Math.min(width, i + 1);
    for (let c = 0; c < most; c++)
      factor[at + c] = (factor[at + c] as number) - (known[i * width + c] as number);
  }
}

/** Factors the columns [first, last) among themselves, down to the last row. */
function factorPanel(
  factor: Float64Array,
  size: number,
  first: number,
  last: number,
  least: number,
): boolean {
  for (let i = first; i < size; i++) {
    const row = i * size;
    for (let c = first; c < Math.min(i + 1, last); c++) {
      const other = c * size;
      let sum = factor[row + c] as number;
      for (let j = first; j < c; j++) sum -= (factor[row + j] as number) * (factor[other + j] as number);
      if (c < i) factor[row + c] = sum / (factor[other + c] as number);
      else if (sum > least) factor[row + c] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/**
 * Solves L L^T X = B for B [size, columns], given the lower triangle of `cholesky`; overwrites B with X.
 */
export async function solveFactored(
  factor: Float64Array,
  size: number,
  right: Float64Array,
  columns: number,
  engine: MatrixEngine,
): Promise<void> {
  for (let first = 0; first < size; first += PANEL) {
    const last = Math.min(first + PANEL, size);
    const known = panel(factor, size, first, last, 0, first, false);
    await subtractProduct(right, known, first, last, right.subarray(0, first * columns), columns, engine);
    solvePanel(factor, size, right, columns, first, last, false);
  }
  const panels = Math.ceil(size / PANEL);
  for (let index = panels - 1; index >= 0; index--) {
    const first = index * PANEL;
    const last = Math.min(first + PANEL, size);
    const known = panel(factor, size, first, last, last, size, true);
    await subtractProduct(right, known, first, last, right.subarray(last * columns), columns, engine);
    solvePanel(factor, size, right, columns, first, last, true);
  }
}

/** Rows [first, last) and columns [from, to) of L, or of L^T when `transposed`. */
function panel(
  factor: Float64Array,
  size: number,
  first: number,
  last: number,
  from: number,
  to: number,
  transposed: boolean,
): Float64Array {
  const width = to - from;
  const part = new Float64Array((last - first) * width);
  for (let i = first; i < last; i++) {
    for (let j = from; j < to; j++) {
      part[(i - first) * width + j - from] = factor[transposed ? j * size + i : i * size + j] as number;
    }
  }
  return part;
}

/** Rows [first, last) of `right` minus `left` times the known rows. */
async function subtractProduct(
  right: Float64Array,
  left: Float64Array,
  first: number,
  last: number,
  known: Float64Array,
  columns: number,
  engine: MatrixEngine,
): Promise<void> {
  if (known.length === 0) return;
  const product = await engine.multiply(left, known, last - first, known.length / columns, columns);
  const at = first * columns;
  for (let i = 0; i < product.length; i++) right[at + i] = (right[at + i] as number) - (product[i] as number);
}

/** Solves for the rows [first, last), forwards with L or backwards with L^T. */
function solvePanel(
  factor: Float64Array,
  size: number,
  right: Float64Array,
  columns: number,
  first: number,
  last: number,
  transposed: boolean,
): void {
  const count = last - first;
  for (let step = 0; step < count; step++) {
    const i = transposed ? last - 1 - step : first + step;
    const [from, to] = transposed ? [i + 1, last] : [first, i];
    for (let j = from; j < to; j++) {
      const share = factor[transposed ? j * size + i : i * size + j] as number;
      for (let c = 0; c < columns; c++) {
        right[i * columns + c] =
          (right[i * columns + c] as number) - share * (right[j * columns + c] as number);
      }
    }
    const pivot = factor[i * size + i] as number;
    for (let c = 0; c < columns; c++) right[i * columns + c] = (right[i * columns + c] as number) / pivot;
  }
}

/** trace(E^T H E) of errors E [size, columns] under a symmetric H [size, size]: what the errors do to the outputs. */
export async function quadraticForm(
  errors: Float32Array,
  matrix: Float32Array,
  size: number,
  columns: number,
  engine: MatrixEngine,
): Promise<number> {
  const product = await engine.multiply(matrix, errors, size, size, columns);
  let sum = 0;
  for (let i = 0; i < product.length; i++) sum += (product[i] as number) * (errors[i] as number);
  return Math.max(sum, 0);
}
