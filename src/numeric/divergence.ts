/** Kullback-Leibler divergence of predicted distributions: what a classifier loses, measured without labels. */

type Floats = Float32Array | Float64Array;

/** Rows that add up to one within this are probabilities already; others are logits. */
const TOLERANCE = 1e-3;
/** A probability of zero where the reference has some would cost infinitely much. */
const LEAST = 1e-12;

/** Accumulates KL(p || q) in nats over rows, p from the reference and q from the approximation. */
export class Divergence {
  /** Rows seen. */
  rows = 0;
  #sum = 0;
  #distributions: boolean | null = null;

  /** Adds rows of `width` elements; the first row of the reference tells probabilities from logits. */
  add(reference: Floats, approximation: Floats, width: number): void {
    for (let start = 0; start + width <= reference.length; start += width) {
      this.#distributions ??= isDistribution(reference, start, width);
      const exact = this.#distributions;
      const p = logarithms(reference, start, width, exact);
      const q = logarithms(approximation, start, width, exact);
      let sum = 0;
      for (let index = 0; index < width; index++) {
        const log = p[index] as number;
        if (log > -Infinity) sum += Math.exp(log) * (log - (q[index] as number));
      }
      // NaN in the approximation is as wrong as can be.
      this.#sum += Number.isNaN(sum) ? Infinity : Math.max(0, sum);
      this.rows++;
    }
  }

  /** Mean over the rows; null before the first. */
  get mean(): number | null {
    return this.rows === 0 ? null : this.#sum / this.rows;
  }
}

function isDistribution(values: Floats, start: number, width: number): boolean {
  let sum = 0;
  for (let index = start; index < start + width; index++) {
    const value = values[index] as number;
    if (!(value >= 0)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) <= TOLERANCE;
}

/** Logarithms of the probabilities of one row. */
function logarithms(values: Floats, start: number, width: number, distributions: boolean): Float64Array {
  const row = Float64Array.from(values.subarray(start, start + width));
  if (distributions) return row.map((value) => Math.log(Math.max(value, LEAST)));
  const largest = row.reduce((most, value) => Math.max(most, value), -Infinity);
  const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  const shift = largest + Math.log(total);
  return row.map((value) => value - shift);
}
