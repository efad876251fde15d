/** Scales for 8-bit weights whose products are added in pairs in saturating 16 bits, as x86 without VNNI does. */

/** How a weight is multiplied: which axis makes channels, and in which order the others are summed over. */
export interface Summation {
  /** Row-major sizes of the weight. */
  readonly dims: readonly number[];
  /** The axis with a scale for each index; null: one scale in all. */
  readonly channel: number | null;
  /** Axes that are summed over, the slowest first. */
  readonly summed: readonly number[];
  /** How many neighbours a kernel takes at a time; Infinity where their order is not known. */
  readonly group: number;
}

/** Values that one instruction multiplies and adds: two pairs. */
export const PAIRS = 4;

/**
 * The smallest symmetric scales with which no pair of products can saturate: 255 (a + b) must stay below 2^15, so the
 * codes of two neighbours may sum up to 128. With the two largest magnitudes of each group as the pair, and a code
 * that rounding moves by half a step, the scale is (largest + second largest) / 127, which a single code fits, too.
 * @returns a scale for each channel, or one; 0 where all is zero
 */
export function pairScales(values: Float32Array, { dims, channel, summed, group }: Summation): Float32Array {
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1));
  const along = offsets(summed, dims, strides);
  const others = dims.map((_, axis) => axis).filter((axis) => axis !== channel && !summed.includes(axis));
  const rest = offsets(others, dims, strides);
  const channels = channel === null ? 1 : (dims[channel] as number);
  const step = channel === null ? 0 : (strides[channel] as number);
  const sums = new Float64Array(channels);
  for (let start = 0; start < along.length; start += Math.min(group, along.length)) {
    const places = along.subarray(start, start + Math.min(group, along.length));
    for (const base of rest)
      for (let c = 0; c < channels; c++)
        sums[c] = Math.max(sums[c] as number, twoLargest(values, base + c * step, places));
  }
  return Float32Array.from(sums, (sum) => sum / 127);
}

/** The sum of the two largest magnitudes. */
function twoLargest(values: Float32Array, base: number, places: Int32Array): number {
  let largest = 0;
  let second = 0;
  for (let at = 0; at < places.length; at++) {
    const size = Math.abs(values[base + (places[at] as number)] as number);
    if (size > largest) {
      second = largest;
      largest = size;
    } else if (size > second) second = size;
  }
  return largest + second;
}

/** Where the elements of some axes lie, the last axis fastest. */
function offsets(axes: readonly number[], dims: readonly number[], strides: readonly number[]): Int32Array {
  let found = Int32Array.of(0);
  for (const axis of axes) {
    const [size, stride] = [dims[axis] as number, strides[axis] as number];
    const next = new Int32Array(found.length * size);
    for (const [at, offset] of found.entries())
      for (let index = 0; index < size; index++) next[at * size + index] = offset + index * stride;
    found = next;
  }
  return found;
}
