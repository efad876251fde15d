/** Matrix products as algorithms ask for them; the plain loops here are the definition, onnxruntime does the work. */

export type Floats = Float32Array | Float64Array;

export interface MatrixEngine {
  /** a [m, k] times b [k, n], row-major, both in the same precision: a new array [m, n]. */
  multiply<T extends Floats>(a: T, b: T, m: number, k: number, n: number): Promise<T>;
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
};

/** sums += factor * row, the row of `sums.length` values beginning at `at`. */
function addScaled(sums: Float64Array, source: Floats, at: number, factor: number): void {
  for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] as number) + factor * (source[at + j] as number);
}
