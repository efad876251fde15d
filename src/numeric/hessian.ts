/** The Gram matrix of a layer's inputs, made ready for rounding: scaled, damped as its rank needs, in single precision. */

/** What the inputs of a layer were like: sums over `rows` rows x of x x^T. */
export interface Gram {
  /** [size, size] */
  readonly sum: Float64Array;
  readonly rows: number;
}

export interface Hessian {
  /** [size, size]; the mean of its diagonal is 1 before damping. */
  readonly values: Float64Array;
  /** The share of the identity in it, relative to the mean of the diagonal. */
  readonly damping: number;
}

/** Least damping, that of the GPTQ paper (section 3.3, step 3). */
const LEAST = 0.01;

/**
 * How far a Gram matrix of few rows should be drawn towards the identity, as a share of its mean diagonal. The oracle
 * approximating shrinkage estimator (Chen, Wiesel, Eldar, Hero, "Shrinkage algorithms for MMSE covariance estimation",
 * 2010, section III) says how much of it is chance: almost nothing with many rows or few directions, everything where
 * rows are fewer than the directions they spread over. At least the 1 % of the GPTQ paper.
 */
export function dampingOf({ sum, rows }: Gram, size: number): number {
  let trace = 0;
  let squares = 0;
  for (let i = 0; i < size; i++) trace += sum[i * size + i] as number;
  for (let i = 0; i < sum.length; i++) squares += (sum[i] as number) ** 2;
  const spread = trace ** 2;
  const denominator = (rows + 1 - 2 / size) * (squares - spread / size);
  const share = denominator > 0 ? ((1 - 2 / size) * squares + spread) / denominator : 1;
  // Beyond nine parts of identity nothing is left to learn from the data.
  const bounded = Math.min(Math.max(share, 0), 0.9);
  return Math.max(LEAST, bounded / (1 - bounded));
}

/** H = Gram / mean diagonal + damping I. Null where no input was ever other than zero, or not all were finite. */
export function hessianOf(gram: Gram, size: number, damping = dampingOf(gram, size)): Hessian | null {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += gram.sum[i * size + i] as number;
  if (!(trace > 0) || !Number.isFinite(trace)) return null;
  const factor = size / trace;
  const values = gram.sum.map((value) => value * factor);
  for (let i = 0; i < size; i++) values[i * size + i] = (values[i * size + i] as number) + damping;
  return { values, damping };
}

/** The diagonal of a square matrix. */
export function diagonalOf(matrix: Float64Array | Float32Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => matrix[i * size + i] as number);
}
