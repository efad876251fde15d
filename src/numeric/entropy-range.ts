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
  const beyond = suffixSums(counts);
  for (let bins = codes >> 1; bins <= counts.length; bins++) {
    const levels = levelsAt(bins);
    if (bins < levels) continue;
    const divergence = divergenceAt(counts, bins, levels, beyond[bins] as number);
    if (divergence < best.divergence) best = { divergence, bins };
  }
  const threshold = (reach * best.bins) / counts.length;
  return { min: Math.max(low, -threshold), max: Math.min(high, threshold) };
}

/** [bins + 1]: the sum of the counts from each bin on. */
function suffixSums(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length + 1);
  for (let i = counts.length - 1; i >= 0; i--) sums[i] = (sums[i + 1] as number) + (counts[i] as number);
  return sums;
}

/** Divergence of the first `bins` bins, outliers in the last one, from themselves merged into `levels` codes. */
function divergenceAt(counts: Float64Array, bins: number, levels: number, outliers: number): number {
  // Outliers where the candidate has nothing: it could not be further from the reference.
  if (outliers > 0 && (counts[bins - 1] as number) === 0) return Infinity;
  let kept = 0;
  for (let i = 0; i < bins; i++) kept += counts[i] as number;
  if (kept === 0) return Infinity;
  const all = kept + outliers;
  let divergence = 0;
  for (let level = 0; level < levels; level++) {
    const from = Math.floor((level * bins) / levels);
    const to = Math.floor(((level + 1) * bins) / levels);
    const q = merged(counts, from, to) / kept;
    for (let i = from; i < to; i++) {
      const p = ((counts[i] as number) + (i === bins - 1 ? outliers : 0)) / all;
      if (p > 0) divergence += p * Math.log(p / q);
    }
  }
  return divergence;
}

/** The mean of the counts that are not zero. */
function merged(counts: Float64Array, from: number, to: number): number {
  let sum = 0;
  let present = 0;
  for (let i = from; i < to; i++) {
    const count = counts[i] as number;
    sum += count;
    if (count > 0) present++;
  }
  return sum / Math.max(1, present);
}
