/** How far quantization moved a layer's results, as far as the rows of the data agree about it. */

/** Sums over the rows of what a row's mean moved by, and of its square: [channels]. */
export class Shift {
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  #rows = 0;

  constructor(channels: number) {
    this.#sum = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
  }

  /** Means of the same rows in both models: [rows, channels]. Rows that are no numbers are left out. */
  add(float: ArrayLike<number>, quantized: ArrayLike<number>): void {
    const channels = this.#sum.length;
    for (let start = 0; start + channels <= Math.min(float.length, quantized.length); start += channels) {
      let finite = true;
      for (let c = start; c < start + channels; c++)
        finite &&= Number.isFinite((quantized[c] as number) - (float[c] as number));
      if (!finite) continue;
      this.#rows++;
      for (let c = 0; c < channels; c++) {
        const moved = (quantized[start + c] as number) - (float[start + c] as number);
        this.#sum[c] = (this.#sum[c] as number) + moved;
        this.#squares[c] = (this.#squares[c] as number) + moved * moved;
      }
    }
  }

  /**
   * The mean shift m of each channel, shrunk by 1 - s^2 / (n m^2) with s^2 the variance between the n rows, not below
   * zero (James and Stein 1961, positive part): where rows disagree, their mean is chance and would add noise of its own.
   * Zero with fewer than two rows.
   */
  estimate(): Float64Array {
    const n = this.#rows;
    return this.#sum.map((sum, c) => {
      const mean = sum / n;
      const power = mean * mean;
      if (n < 2 || power === 0) return 0;
      const variance = Math.max((this.#squares[c] as number) / n - power, 0) * (n / (n - 1));
      return mean * Math.max(0, 1 - variance / n / power);
    });
  }
}
