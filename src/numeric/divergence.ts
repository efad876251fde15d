/** Kullback-Leibler divergence of predicted distributions: what a classifier loses, measured without labels. */

type Floats = Float32Array | Float64Array;

/** Rows that add up to one within this are probabilities already; others are logits. */
const TOLERANCE = 1e-3;
/** A probability of zero where the reference has some would cost infinitely much. */
const LEAST = 1e-12;

/**
 * Accumulates KL(p || q) in nats over rows, p from the reference and q from the approximation. Rows of the reference
 * that are no distribution, with NaN or all of them minus infinity, do not count.
 */
export class Divergence {
  /** Rows seen. */
  rows = 0;
  #sum = 0;
  #distributions: boolean | null = null;

  /** Adds rows of `width` elements; the first row of the reference tells probabilities from logits. */
  add(reference: Floats, approximation: Floats, width: number): void {
    for (let start = 0; start + width <= reference.length; start += width) {
      this.#distributions ??= isDistribution(reference, start, width);
      const found = this.#distributions
        ? ofProbabilities(reference, approximation, start, width)
        : ofLogits(reference, approximation, start, width);
      if (Number.isNaN(found) && !hasSoftmax(reference, start, width)) continue;
      // NaN in the approximation is as wrong as can be.
      this.#sum += Number.isNaN(found) ? Infinity : Math.max(0, found);
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

function ofProbabilities(p: Floats, q: Floats, start: number, width: number): number {
  let sum = 0;
  for (let index = start; index < start + width; index++) {
    const probability = p[index] as number;
    // Math.max lets NaN through.
    if (probability > 0) sum += probability * Math.log(probability / Math.max(q[index] as number, LEAST));
  }
  return sum;
}

/** The sum of p (log p - log q) is that of p (a - b), both shifted by their largest, plus log Z(b) - log Z(a). */
function ofLogits(a: Floats, b: Floats, start: number, width: number): number {
  const [largestA, largestB] = [largest(a, start, width), largest(b, start, width)];
  let [totalA, totalB, sum] = [0, 0, 0];
  for (let index = start; index < start + width; index++) {
    const x = (a[index] as number) - largestA;
    const y = (b[index] as number) - largestB;
    const power = Math.exp(x);
    totalA += power;
    totalB += Math.exp(y);
    // A logit of minus infinity has no part in it.
    if (power > 0) sum += power * (x - y);
  }
  return sum / totalA + Math.log(totalB) - Math.log(totalA);
}

function hasSoftmax(values: Floats, start: number, width: number): boolean {
  if (!Number.isFinite(largest(values, start, width))) return false;
  return !values.subarray(start, start + width).some(Number.isNaN);
}

function largest(values: Floats, start: number, width: number): number {
  let most = -Infinity;
  for (let index = start; index < start + width; index++) {
    const value = values[index] as number;
    if (value > most) most = value;
  }
  return most;
}
