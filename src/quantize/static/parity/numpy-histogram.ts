/** numpy.histogram of float32 numbers with equal bins, bit for bit: onnxruntime's tools count with it. */

export interface Edges {
  /** Of the first bin. */
  readonly min: number;
  /** Of the last bin. */
  readonly max: number;
}

/** The outer edges for numbers in a range; bins need some width. */
export function outerEdges({ min, max }: Edges): Edges {
  return min < max ? { min, max } : { min: Math.fround(min - 0.5), max: Math.fround(max + 0.5) };
}

/** The left edge of a bin, or the last edge of all: numpy.linspace in float32. */
export function edgeAt(index: number, { min, max }: Edges, bins: number): number {
  const step = Math.fround(Math.fround(max - min) / bins);
  return index === bins ? max : Math.fround(Math.fround(index * step) + min);
}

/** How many of the numbers, all of them inside the outer edges, lie in each bin; edges belong to the bin behind them. */
export function countInBins(numbers: Iterable<number>, outer: Edges, bins: number): Float64Array {
  const counts = new Float64Array(bins);
  for (const number of numbers) {
    const at = binOf(number, outer, bins);
    counts[at] = (counts[at] as number) + 1;
  }
  return counts;
}

/** A guess by division, moved by one where the rounded edges say otherwise. */
function binOf(number: number, outer: Edges, bins: number): number {
  const share = Math.fround(Math.fround(number - outer.min) / Math.fround(outer.max - outer.min));
  let index = Math.min(Math.trunc(Math.fround(share * bins)), bins - 1);
  if (number < edgeAt(index, outer, bins)) index--;
  if (number >= edgeAt(index + 1, outer, bins) && index < bins - 1) index++;
  return index;
}
