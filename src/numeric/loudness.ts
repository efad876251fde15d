/** How loud rows of data are: a histogram of their largest magnitudes, a quarter of an octave to a bin. */

/** Bins in an octave. */
export const PER_OCTAVE = 4;
/** The exponent of two that the first bin begins with. The first bin also holds what is below it, rows of zeros too. */
export const LOWEST_OCTAVE = -32;
export const LOUDNESS_BINS = 256;

/** Counts a row by its largest magnitude; NaN counts as silence. */
export function countLoudness(counts: Float64Array, magnitude: number): void {
  const place = Math.floor(PER_OCTAVE * (Math.log2(magnitude) - LOWEST_OCTAVE));
  const bin = Math.min(Math.max(place || 0, 0), LOUDNESS_BINS - 1);
  counts[bin] = (counts[bin] as number) + 1;
}

/**
 * Largest over median loudness, to a bin's width: 2^(1/4), about 19 %. Silent rows have exact codes whatever the scale
 * and are left out. 1 where nothing was seen.
 */
export function loudnessSpread(counts: Float64Array): number {
  const heard = counts.slice(1);
  const half = heard.reduce((sum, count) => sum + count, 0) / 2;
  let below = 0;
  const median = heard.findIndex((count) => {
    below += count;
    return below >= half;
  });
  const top = heard.findLastIndex((count) => count > 0);
  return top < 0 ? 1 : 2 ** ((top - median) / PER_OCTAVE);
}
