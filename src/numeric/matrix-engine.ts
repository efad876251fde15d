/** Matrix products as algorithms ask for them; the plain loops here are the definition, onnxruntime does the work. */

export type Floats = Float32Array | Float64Array;

export interface MatrixEngine {
  /** a [m, k] times b [k, n], row-major, both in the same precision: a new array [m, n]. */
  multiply<T extends Floats>(a: T, b: T, m: number, k: number, n: number): Promise<T>;
  /** The transpose of a [rows, k] times b [rows, n]: sums of products over rows, [k, n]. */
  gram<T extends Floats>(a: T, b: T, rows: number, k: number, n: number): Promise<T>;
}

/** Loops without a runtime: for small matrices, and the reference of every other engine. */
export const plainEngine: MatrixEngine = {
  multiply: async (a, b, m, k, n) => {
    const product = a instanceof Float64Array ? new Float64Array(m * n) : new Float32Array(m * n);
    const sums = new Float64Array(n);
    for (let i = 0; i < m; i++) {
      sums.fill(0);
      for (let l = 0; l < k; l++) addScaled(sums, b, l * n, a[i * k + l] as number);
      product.set(sums, i * n);
    }
    return product as typeof a;
  },
  gram: (a, b, rows, k, n) => {
    const turned = a.slice() as typeof a;
    for (let r = 0; r < rows; r++) for (let i = 0; i < k; i++) turned[i * rows + r] = a[r * k + i] as number;
    return plainEngine.multiply(turned, b, k, rows, n);
  },
};

/** sums += factor * row, the row of `sums.length` values beginning at `at`. */
function addScaled(sums: Float64Array, source: Floats, at: number, factor: number): void {
  for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] as number) + factor * (source[at + j] as number);
}
