/** How alike a tensor is to a reference: SQNR, cosine, largest error, arg-max agreement, accumulated batch by batch. */

type Floats = Float32Array | Float64Array;

/** Stands for minus infinity decibels (no signal, or a NaN where a number belongs): reports are JSON, which has none. */
export const SQNR_FLOOR_DB = -300;

/**
 * Accumulates the comparison of a reference with an approximation. Adding a stream in pieces gives exactly what adding
 * it whole gives. Equal infinities and NaN against NaN count as equal (masks are full of -Infinity); any other pair
 * with a non-finite value is a `mismatch`, and with one mismatch every measure takes its worst value.
 */
export class Similarity {
  /** Elements seen. */
  count = 0;
  /** Elements where exactly one side is not finite, or both are and differ. */
  mismatches = 0;
  /** Elements of the approximation that are NaN or infinite, whatever the reference is. */
  nonFinite = 0;
  /** Elements that are NaN on both sides: equal, but nothing that a model should say. */
  nan = 0;
  #signal = 0;
  #other = 0;
  #product = 0;
  #error = 0;
  #maxAbsError = 0;

  /** Adds elements; both arrays have the same length. */
  add(reference: Floats, approximation: Floats): void {
    let signal = this.#signal;
    let other = this.#other;
    let product = this.#product;
    let error = this.#error;
    let worst = this.#maxAbsError;
    for (let i = 0; i < reference.length; i++) {
      const a = reference[i] as number;
      const b = approximation[i] as number;
      const difference = a - b;
      // Infinity - Infinity and everything with NaN is NaN; one infinity stays infinite.
      if (!(Math.abs(difference) < Infinity)) {
        this.#addNonFinite(a, b);
        continue;
      }
      signal += a * a;
      other += b * b;
      product += a * b;
      error += difference * difference;
      if (difference > worst) worst = difference;
      else if (-difference > worst) worst = -difference;
    }
    this.#signal = signal;
    this.#other = other;
    this.#product = product;
    this.#error = error;
    this.#maxAbsError = worst;
    this.count += reference.length;
  }

  #addNonFinite(a: number, b: number): void {
    if (!Number.isFinite(b)) this.nonFinite++;
    if (!Object.is(a, b)) this.mismatches++;
    else if (Number.isNaN(a)) this.nan++;
  }

  /** False when all there was is NaN against NaN, of which nothing can be said. */
  get isComparable(): boolean {
    return this.nan === 0 || this.nan < this.count;
  }

  /** 10 log10(signal power / error power); null when there is no error at all. */
  get sqnrDb(): number | null {
    if (this.mismatches > 0) return SQNR_FLOOR_DB;
    if (this.#error === 0) return null;
    return Math.max(10 * Math.log10(this.#signal / this.#error), SQNR_FLOOR_DB);
  }

  /** Cosine of the angle between the two, both seen as one long vector; null when both are zero. */
  get cosine(): number | null {
    if (this.mismatches > 0) return 0;
    if (this.#signal === 0 && this.#other === 0) return null;
    if (this.#signal === 0 || this.#other === 0) return 0;
    // Equal vectors are exactly 1, not 1 minus a rounding error.
    if (this.#error === 0) return 1;
    return Math.max(-1, Math.min(1, this.#product / Math.sqrt(this.#signal) / Math.sqrt(this.#other)));
  }

  /** Largest absolute difference; the largest double after a mismatch. */
  get maxAbsError(): number {
    return this.mismatches > 0 ? Number.MAX_VALUE : this.#maxAbsError;
  }

  /** Mean squared difference over the elements without mismatch. */
  get meanSquaredError(): number {
    return this.count === 0 ? 0 : this.#error / this.count;
  }
}

/** Accumulates how often two tensors have their largest value in the same place of a row. */
export class Agreement {
  /** Rows seen. */
  rows = 0;
  /** Rows whose arg-max is the same. */
  agreeing = 0;

  /** Adds rows of `width` elements. The first of equal maxima counts; a row with a NaN agrees with nothing. */
  add(reference: Floats, approximation: Floats, width: number): void {
    for (let start = 0; start + width <= reference.length; start += width) {
      const expected = argMax(reference, start, width);
      if (expected >= 0 && expected === argMax(approximation, start, width)) this.agreeing++;
      this.rows++;
    }
  }

  /** Share of agreeing rows in [0, 1]; null before the first row. */
  get share(): number | null {
    return this.rows === 0 ? null : this.agreeing / this.rows;
  }
}

/** Offset of the first largest of `values[start, start + width)`, or -1 if one is NaN. */
function argMax(values: Floats, start: number, width: number): number {
  let best = -Infinity;
  let at = 0;
  for (let i = 0; i < width; i++) {
    const value = values[start + i] as number;
    if (value > best) {
      best = value;
      at = i;
    } else if (Number.isNaN(value)) return -1;
  }
  return at;
}
