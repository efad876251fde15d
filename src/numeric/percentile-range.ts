/** The interval that leaves out a share of the values, the same at both ends. */
import { folded, type Histogram, type Interval, total } from './histogram.ts';

/**
 * `percent` of the values lie inside, to a bin's width. Symmetric: magnitudes are cut, at one end. Otherwise half of
 * the rest is cut at each end where there are values of that sign.
 */
export function percentileRange(histogram: Histogram, percent: number, symmetric: boolean): Interval {
  const outside = 1 - percent / 100;
  if (symmetric) {
    const magnitudes = folded(histogram);
    const max = upperEdge(magnitudes, outside);
    return { min: -max, max };
  }
  const { low, high } = histogram;
  const share = low < 0 && high > 0 ? outside / 2 : outside;
  return {
    min: low >= 0 ? low : Math.min(lowerEdge(histogram, share), 0),
    max: high <= 0 ? high : Math.max(upperEdge(histogram, share), 0),
  };
}

/** The right edge of the last bin that is kept when at most `share` of the values may lie above. */
function upperEdge(histogram: Histogram, share: number): number {
  const { low, high, counts } = histogram;
  const most = share * total(histogram);
  let above = 0;
  let bin = counts.length;
  while (bin > 1 && above + (counts[bin - 1] as number) <= most) above += counts[--bin] as number;
  return low + ((high - low) * bin) / counts.length;
}

/** The left edge of the first bin that is kept when at most `share` of the values may lie below. */
function lowerEdge({ low, high, counts }: Histogram, share: number): number {
  const mirrored = { low: -high, high: -low, counts: counts.slice().reverse() };
  return -upperEdge(mirrored, share);
}
