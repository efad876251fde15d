/**
 * Resizes images exactly as Pillow does (Image.resize), because that is what models were trained with: filters grow
 * with the reduction, horizontally first, in fixed point with 22 bits, rounded to 8 bits in between.
 */
import type { Pixels } from './pixels.ts';

export type Interpolation = 'bicubic' | 'bilinear' | 'box' | 'lanczos' | 'nearest';

interface Filter {
  /** Half its width in pixels of the smaller image. */
  readonly support: number;
  at(x: number): number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Keys' cubic convolution with a = -0.5, which Pillow takes; OpenCV and PyTorch take -0.75. */
function cubic(x: number): number {
  const [a, d] = [-0.5, Math.abs(x)];
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

const FILTERS: Readonly<Record<Exclude<Interpolation, 'nearest'>, Filter>> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: cubic },
  lanczos: { support: 3, at: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

export const INTERPOLATIONS: readonly Interpolation[] = ['bicubic', 'bilinear', 'box', 'lanczos', 'nearest'];

const BITS = 22;
const HALF = 1 << (BITS - 1);

interface Taps {
  /** First source pixel of every result pixel. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `width` fixed-point weights for every result pixel. */
  readonly weights: Int32Array;
  readonly width: number;
}

/** For the result's pixels `first` to `end` of `to`. */
function tapsOf(from: number, to: number, { support, at }: Filter, first: number, end: number): Taps {
  const length = end - first;
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  const width = Math.ceil(reach) * 2 + 1;
  const [starts, counts] = [new Int32Array(length), new Int32Array(length)];
  const weights = new Int32Array(length * width);
  for (let index = 0; index < length; index++) {
    const center = (first + index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - reach + 0.5));
    const stop = Math.min(from, Math.trunc(center + reach + 0.5));
    const found = Array.from({ length: stop - start }, (_, x) => at((x + start - center + 0.5) / stretch));
    const sum = found.reduce((a, b) => a + b, 0) || 1;
    for (const [x, weight] of found.entries()) {
      const fixed = (weight / sum) * (1 << BITS);
      weights[index * width + x] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    starts[index] = start;
    counts[index] = stop - start;
  }
  return { starts, counts, weights, width };
}

/** A part of the resized image. */
export interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The image in another size, or only a part of that: no more is computed than is wanted. */
export function resample(
  image: Pixels,
  width: number,
  height: number,
  kind: Interpolation,
  part: Part = { left: 0, top: 0, width, height },
): Pixels {
  if (kind === 'nearest') return nearest(image, width, height, part);
  const filter = FILTERS[kind];
  const { left, top } = part;
  const [right, bottom] = [left + part.width, top + part.height];
  const down = height === image.height ? null : tapsOf(image.height, height, filter, top, bottom);
  // Rows of the stored image that the wanted ones follow from.
  const first = down ? (down.starts[0] as number) : top;
  const end = down ? (down.starts.at(-1) as number) + (down.counts.at(-1) as number) : bottom;
  const rows = rowsOf(image, first, end);
  const wide =
    width === image.width
      ? columnsOf(rows, left, right)
      : horizontal(rows, tapsOf(image.width, width, filter, left, right), part.width);
  return down ? vertical(wide, down, first) : wide;
}

/** A view of some rows. */
function rowsOf({ width, channels, data }: Pixels, first: number, end: number): Pixels {
  const stride = width * channels;
  return { width, height: end - first, channels, data: data.subarray(first * stride, end * stride) };
}

function columnsOf(image: Pixels, left: number, right: number): Pixels {
  if (right - left === image.width) return image;
  const { height, channels } = image;
  const stride = (right - left) * channels;
  const data = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const from = (y * image.width + left) * channels;
    data.set(image.data.subarray(from, from + stride), y * stride);
  }
  return { width: right - left, height, channels, data };
}

function clip(sum: number): number {
  const value = sum >> BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function horizontal({ width, height, channels, data }: Pixels, taps: Taps, to: number): Pixels {
  const { starts, counts, weights, width: most } = taps;
  const result = new Uint8Array(to * height * channels);
  let write = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const weight = x * most;
      const count = counts[x] as number;
      const read = (y * width + (starts[x] as number)) * channels;
      if (channels === 1) {
        let sum = HALF;
        for (let tap = 0; tap < count; tap++)
          sum = (sum + (data[read + tap] as number) * (weights[weight + tap] as number)) | 0;
        result[write++] = clip(sum);
        continue;
      }
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let tap = 0, from = read; tap < count; tap++, from += 3) {
        const factor = weights[weight + tap] as number;
        red = (red + (data[from] as number) * factor) | 0;
        green = (green + (data[from + 1] as number) * factor) | 0;
        blue = (blue + (data[from + 2] as number) * factor) | 0;
      }
      result[write++] = clip(red);
      result[write++] = clip(green);
      result[write++] = clip(blue);
    }
  }
  return { width: to, height, channels, data: result };
}

/** Row by row of the source, so that memory is read in order; its first row is number `first` of the taps. */
function vertical({ width, channels, data }: Pixels, taps: Taps, first: number): Pixels {
  const to = taps.starts.length;
  const stride = width * channels;
  const result = new Uint8Array(to * stride);
  const sums = new Int32Array(stride);
  for (let y = 0; y < to; y++) {
    sums.fill(HALF);
    const start = (taps.starts[y] as number) - first;
    for (let tap = 0; tap < (taps.counts[y] as number); tap++) {
      const weight = taps.weights[y * taps.width + tap] as number;
      const read = (start + tap) * stride;
      for (let x = 0; x < stride; x++)
        sums[x] = ((sums[x] as number) + (data[read + x] as number) * weight) | 0;
    }
    for (let x = 0; x < stride; x++) result[y * stride + x] = clip(sums[x] as number);
  }
  return { width, height: to, channels, data: result };
}

function nearest(
  { width, height, channels, data }: Pixels,
  toWidth: number,
  toHeight: number,
  part: Part,
): Pixels {
  const result = new Uint8Array(part.width * part.height * channels);
  let write = 0;
  for (let y = part.top; y < part.top + part.height; y++) {
    const row = Math.floor(((y + 0.5) * height) / toHeight) * width;
    for (let x = part.left; x < part.left + part.width; x++) {
      const read = (row + Math.floor(((x + 0.5) * width) / toWidth)) * channels;
      for (let channel = 0; channel < channels; channel++) result[write++] = data[read + channel] as number;
    }
  }
  return { width: part.width, height: part.height, channels, data: result };
}
