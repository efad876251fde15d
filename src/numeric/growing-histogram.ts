/** A histogram of values whose extremes are not known beforehand: its bins get wider as they come. */
import { countInto, type Histogram, total } from './histogram.ts';
import { rangeOf } from './range.ts';

/** Bins per bin that is asked for: growing leaves the ends empty, at most half of all. */
const FINER = 2;

export class GrowingHistogram {
  readonly #bins: number;
  #low = 0;
  #high = 0;
  #counts: Float64Array;
  /** Extremes of what was seen; Infinity and -Infinity at first. Infinities are counted as extremes only. */
  min = Infinity;
  max = -Infinity;
  /** How many values were NaN. */
  nan = 0;

  constructor(bins: number) {
    this.#bins = bins;
    this.#counts = new Float64Array(FINER * bins);
  }

  /** Makes room for an interval that values are expected in. */
  expect(min: number, max: number): void {
    if (this.#low < this.#high || this.min <= this.max) return;
    this.#low = min;
    this.#high = max;
  }

  add(values: Float32Array): void {
    const { min, max, nan } = rangeOf(values);
    this.nan += nan;
    if (!(min <= max)) return;
    this.#cover(min, max);
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
    if (!Number.isFinite(this.max - this.min)) return;
    countInto({ low: this.#low, high: this.#high, counts: this.#counts }, values);
  }

  /** Equal bins between the extremes. Counts of bins that straddle an edge are divided, as if values lay evenly. */
  histogram(): Histogram {
    const { min, max } = this;
    const counts = new Float64Array(this.#bins);
    if (min === max) counts[0] = total({ low: min, high: max, counts: this.#counts });
    if (!(min < max)) return { low: min, high: max, counts };
    const width = (this.#high - this.#low) / this.#counts.length;
    for (const [index, count] of this.#counts.entries()) {
      if (count === 0) continue;
      const start = Math.max(min, this.#low + index * width);
      const end = Math.min(max, this.#low + (index + 1) * width);
      spread(counts, (start - min) / (max - min), (end - min) / (max - min), count);
    }
    return { low: min, high: max, counts };
  }

  #cover(min: number, max: number): void {
    if (!Number.isFinite(max - min)) return;
    if (this.min > this.max && !(this.#low < this.#high)) {
      this.#low = min;
      this.#high = max;
    }
    // All values were equal so far: they lie in the first bin of any interval that begins with them.
    if (this.#low === this.#high) {
      const count = this.#counts[0] as number;
      const constant = this.#low;
      this.#low = Math.min(this.#low, min);
      this.#high = Math.max(this.#high, max);
      if (this.#low === this.#high) return;
      this.#counts[0] = 0;
      const part = (constant - this.#low) / (this.#high - this.#low);
      const bin = Math.min(this.#counts.length - 1, Math.floor(part * this.#counts.length));
      this.#counts[bin] = count;
    }
    while (min < this.#low || max > this.#high) this.#widen(min < this.#low);
  }

  /** Twice as wide to one side; two bins become one. */
  #widen(down: boolean): void {
    const { length } = this.#counts;
    const merged = new Float64Array(length);
    const first = down ? length / 2 : 0;
    for (let i = 0; i < length / 2; i++)
      merged[first + i] = (this.#counts[2 * i] as number) + (this.#counts[2 * i + 1] as number);
    this.#counts = merged;
    const width = this.#high - this.#low;
    if (down) this.#low -= width;
    else this.#high += width;
  }
}

/** Divides `count` among the bins between two places, given as shares of the whole. */
function spread(counts: Float64Array, start: number, end: number, count: number): void {
  const last = counts.length - 1;
  const [from, to] = [start * counts.length, end * counts.length];
  const clamp = (place: number) => Math.min(last, Math.max(0, Math.floor(place)));
  const [first, final] = [clamp(from), clamp(to)];
  for (let bin = first; bin <= final; bin++) {
    const inside = Math.min(bin + 1, to) - Math.max(bin, from);
    const share = final === first || !(to > from) ? 1 : inside / (to - from);
    counts[bin] = (counts[bin] as number) + share * count;
    if (share === 1) return;
  }
}
