/** The interval whose quantized distribution tells most about the real one: smallest Kullback-Leibler divergence. */
import { folded, type Histogram, type Interval } from './histogram.ts';

/**
 * Szymon Migacz, "8-bit inference with TensorRT", GTC 2017. For each threshold the reference is the distribution of
 * magnitudes with what lies beyond in its last bin; the candidate is the part below, merged into as many levels as
 * magnitudes have codes and spread again over the bins that are not empty. Both are normalized; the first smallest
 * divergence wins.
 *
 * The paper has symmetric codes, half of them for magnitudes. Codes with a zero point lie over the interval that is
 * kept: magnitudes beyond the shorter end have its codes to themselves.
 * @param symmetric zero stands in the middle of the codes
 */
export function entropyRange(histogram: Histogram, codes: number, symmetric = false): Interval {
  const { low, high } = histogram;
  const signed = low < 0 && high > 0;
  const reach = Math.max(Math.abs(low), Math.abs(high));
  const shorter = signed ? Math.min(-low, high) : 0;
  // Bins as wide as those given: finer ones would be empty by turns, as if codes were twice as fine.
  const share = signed ? reach / (high - low) : 1;
  const { counts } = folded(histogram, Math.ceil(share * histogram.counts.length));
  const levelsAt = (bins: number): number => {
    if (symmetric) return codes >> 1;
    const threshold = (reach * bins) / counts.length;
    return Math.floor((codes * threshold) / (threshold + Math.min(threshold, shorter)));
  };
  // Zeros have a code of their own: a spike of them, as Relu leaves, would speak for clipping everything else.
  counts[0] = counts[1] as number;
  let best = { divergence: Infinity, bins: counts.length };
  const losses = new Losses(counts);
  // From the largest threshold on, which is close to the best more often than the smallest one.
  for (let bins = counts.length; bins >= codes >> 1; bins--) {
    const levels = levelsAt(bins);
    if (bins < levels) continue;
    const divergence = losses.divergence(bins, levels, best.divergence);
    if (divergence <= best.divergence) best = { divergence, bins };
  }
  const threshold = (reach * best.bins) / counts.length;
  return { min: Math.max(low, -threshold), max: Math.min(high, threshold) };
}

/** What merging bins takes away, by level. Thresholds share most of their levels: each is reckoned once. */
class Losses {
  // Sums over the first bins, so that those of any stretch are differences: index i holds the sum of bins below i.
  private readonly count: Float64Array;
  /** Bins that are not empty. */
  private readonly present: Float64Array;
  /** count * log(count). */
  private readonly logs: Float64Array;
  /** [width][end]: `loss` of that stretch; NaN where nobody asked yet. */
  private readonly known: Float64Array[] = [];

  constructor(counts: Float64Array) {
    const size = counts.length + 1;
    this.count = new Float64Array(size);
    this.present = new Float64Array(size);
    this.logs = new Float64Array(size);
    for (const [i, count] of counts.entries()) {
      this.count[i + 1] = (this.count[i] as number) + count;
      this.present[i + 1] = (this.present[i] as number) + (count > 0 ? 1 : 0);
      this.logs[i + 1] = (this.logs[i] as number) + (count > 0 ? count * Math.log(count) : 0);
    }
  }

  /**
   * Divergence of the first `bins` bins, outliers in the last one, from themselves merged into `levels` codes:
   * sum p log p - sum p log q, of which the second term is one product for each level, since q is the same all over
   * it. No level takes anything away (log-sum inequality), so what is beyond `bound` half way is not followed:
   * Infinity.
   */
  divergence(bins: number, levels: number, bound: number): number {
    const { count } = this;
    const kept = count[bins] as number;
    const all = count[count.length - 1] as number;
    const outliers = all - kept;
    const last = kept - (count[bins - 1] as number);
    // Outliers where the candidate has nothing: it could not be further from the reference.
    if (kept === 0 || (outliers > 0 && last === 0)) return Infinity;
    // The counts become shares: log(count / all) of the reference, log(count / kept) of the candidate.
    const shares = Math.log(kept) - Math.log(all);
    const most = (bound - shares) * all;
    const width = Math.floor(bins / levels);
    const [narrow, wide] = [this.ofWidth(width), this.ofWidth(width + 1)];
    // The last level first, since outliers are in it.
    const end = Math.floor(((levels - 1) * bins) / levels);
    let divergence = this.loss(end, bins, outliers);
    // Level k begins at the whole part of k * bins / levels; this is the rest of that division, times levels.
    const step = bins % levels;
    let rest = 0;
    for (let from = 0; from < end; ) {
      if (divergence > most) return Infinity;
      rest += step;
      const isWide = rest >= levels;
      if (isWide) rest -= levels;
      const table = isWide ? wide : narrow;
      const to = from + (isWide ? width + 1 : width);
      let loss = table[to] as number;
      if (Number.isNaN(loss)) {
        loss = this.loss(from, to, 0);
        table[to] = loss;
      }
      divergence += loss;
      from = to;
    }
    return divergence / all + shares;
  }

  /** What one level adds to the divergence, in counts; `outliers` lie in its last bin. */
  private loss(from: number, to: number, outliers: number): number {
    const own = (this.count[to] as number) - (this.count[from] as number);
    if (own === 0) return 0;
    const full = (this.present[to] as number) - (this.present[from] as number);
    let logs = (this.logs[to] as number) - (this.logs[from] as number);
    if (outliers > 0) {
      const last = (this.count[to] as number) - (this.count[to - 1] as number);
      const bin = last + outliers;
      logs += bin * Math.log(bin) - last * Math.log(last);
    }
    return logs - (own + outliers) * Math.log(own / full);
  }

  private ofWidth(width: number): Float64Array {
    this.known[width] ??= new Float64Array(this.count.length).fill(Number.NaN);
    return this.known[width] as Float64Array;
  }
}
