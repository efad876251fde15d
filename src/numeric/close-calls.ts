/**
 * How many answers noise of a measured size is expected to change, from how close the calls are: the share of rows whose
 * margin between the two best classes is smaller than normal noise of that margin. It tells small changes apart long before
 * anything has changed: of 100 answers none may change by luck.
 */

/** Bins of margins for every doubling. */
const PER_OCTAVE = 16;
const LOWEST = -48;
const OCTAVES = 96;
/** Noise is taken from the closest calls, which are those that may change. */
const CLOSEST = 0.25;
const LEAST_ROWS = 16;

export class CloseCalls {
  readonly #rows = new Float64Array(OCTAVES * PER_OCTAVE);
  readonly #squares = new Float64Array(OCTAVES * PER_OCTAVE);
  #count = 0;

  /**
   * @param expected scores of the baseline, [rows, classes]
   * @param actual those of the other model for the same rows
   * @param classes at least two
   */
  add(expected: Float32Array | Float64Array, actual: Float32Array | Float64Array, classes: number): void {
    const log = isDistribution(expected, classes);
    const score = (values: Float32Array | Float64Array, at: number): number =>
      log ? Math.log(Math.max(values[at] as number, 1e-12)) : (values[at] as number);
    for (let row = 0; row + classes <= expected.length; row += classes) {
      const [first, second] = twoBest(expected, row, classes);
      const margin = score(expected, first) - score(expected, second);
      const change = score(actual, first) - score(actual, second) - margin;
      if (!Number.isFinite(margin) || !Number.isFinite(change)) continue;
      const bin = binOf(margin);
      this.#rows[bin] = (this.#rows[bin] as number) + 1;
      this.#squares[bin] = (this.#squares[bin] as number) + change * change;
      this.#count++;
    }
  }

  /** Share of answers in [0, 0.5]; null without rows. */
  get expected(): number | null {
    if (this.#count === 0) return null;
    const noise = this.#noise();
    if (noise === 0) return 0;
    let sum = 0;
    for (const [bin, rows] of this.#rows.entries()) if (rows > 0) sum += rows * below(-marginOf(bin) / noise);
    return sum / this.#count;
  }

  /** Root of the mean square of what margins changed by, of the closest calls. */
  #noise(): number {
    const wanted = Math.max(LEAST_ROWS, this.#count * CLOSEST);
    let [rows, squares] = [0, 0];
    for (let bin = 0; bin < this.#rows.length && rows < wanted; bin++) {
      rows += this.#rows[bin] as number;
      squares += this.#squares[bin] as number;
    }
    return Math.sqrt(squares / Math.max(1, rows));
  }
}

function twoBest(values: ArrayLike<number>, from: number, count: number): [number, number] {
  let [first, second] = [from, -1];
  for (let at = from + 1; at < from + count; at++) {
    if ((values[at] as number) > (values[first] as number)) [first, second] = [at, first];
    else if (second < 0 || (values[at] as number) > (values[second] as number)) second = at;
  }
  return [first, second];
}

/** Judged by the first row. */
function isDistribution(values: ArrayLike<number>, classes: number): boolean {
  let sum = 0;
  for (let at = 0; at < classes; at++) {
    if (!((values[at] as number) >= 0)) return false;
    sum += values[at] as number;
  }
  return Math.abs(sum - 1) < 1e-3;
}

function binOf(margin: number): number {
  const bin = Math.floor((Math.log2(Math.max(margin, 2 ** LOWEST)) - LOWEST) * PER_OCTAVE);
  return Math.min(OCTAVES * PER_OCTAVE - 1, Math.max(0, bin));
}

function marginOf(bin: number): number {
  return 2 ** ((bin + 0.5) / PER_OCTAVE + LOWEST);
}

/** The standard normal distribution function (Abramowitz and Stegun 1964, 7.1.26; to 1.5e-7). */
function below(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-z * z);
  return x < 0 ? tail / 2 : 1 - tail / 2;
}
