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
  const sums = prefixesOf(counts);
  // From the largest threshold on, which is close to the best more often than the smallest one.
  for (let bins = counts.length; bins >= codes >> 1; bins--) {
    const levels = levelsAt(bins);
    if (bins < levels) continue;
    const divergence = divergenceAt(sums, bins, levels, best.divergence);
    if (divergence <= best.divergence) best = { divergence, bins };
  }
  const threshold = (reach * best.bins) / counts.length;
  return { min: Math.max(low, -threshold), max: Math.min(high, threshold) };
}

/** Sums over the first bins, so that those of any stretch are differences: index i holds the sum of bins below i. */
interface Prefixes {
  readonly count: Float64Array;
  /** Bins that are not empty. */
  readonly present: Float64Array;
  /** count * log(count). */
  readonly logs: Float64Array;
}

function prefixesOf(counts: Float64Array): Prefixes {
  const size = counts.length + 1;
  const sums = {
    count: new Float64Array(size),
    present: new Float64Array(size),
    logs: new Float64Array(size),
  };
  for (const [i, count] of counts.entries()) {
    sums.count[i + 1] = (sums.count[i] as number) + count;
    sums.present[i + 1] = (sums.present[i] as number) + (count > 0 ? 1 : 0);
    sums.logs[i + 1] = (sums.logs[i] as number) + (count > 0 ? count * Math.log(count) : 0);
  }
  return sums;
}

/**
 * Divergence of the first `bins` bins, outliers in the last one, from themselves merged into `levels` codes:
 * sum p log p - sum p log q, of which the second term is one product for each level, since q is the same all over it.
 * No level takes anything away (log-sum inequality), so what is beyond `bound` half way is not followed: Infinity.
 */
function divergenceAt(
  { count, present, logs }: Prefixes,
  bins: number,
  levels: number,
  bound: number,
): number {
  const kept = count[bins] as number;
  const all = count[count.length - 1] as number;
  const outliers = all - kept;
  const last = kept - (count[bins - 1] as number);
  // Outliers where the candidate has nothing: it could not be further from the reference.
  if (kept === 0 || (outliers > 0 && last === 0)) return Infinity;
  // The counts become shares: log(count / all) of the reference, log(count / kept) of the candidate.
  const shares = Math.log(kept) - Math.log(all);
  const most = (bound - shares) * all;
  // What outliers add to the last bin of the reference.
  const bin = last + outliers;
  const piled = last > 0 ? bin * Math.log(bin) - last * Math.log(last) : 0;
  let divergence = 0;
  // The last level first: outliers are in it.
  let to = bins;
  for (let level = levels; level >= 1; level--) {
    const from = Math.floor(((level - 1) * bins) / levels);
    const own = (count[to] as number) - (count[from] as number);
    if (own > 0) {
      const full = (present[to] as number) - (present[from] as number);
      const end = to === bins;
      divergence += (logs[to] as number) - (logs[from] as number) + (end ? piled : 0);
      divergence -= (own + (end ? outliers : 0)) * Math.log(own / full);
      if (divergence > most) return Infinity;
    }
    to = from;
  }
  return divergence / all + shares;
}
