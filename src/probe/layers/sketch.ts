/** Sketches: a few elements of a tensor at fixed places, enough to tell whether two tensors are about the same. */
import { asFloats } from '../../data/cast.ts';
import type { HostTensor } from '../../data/host-tensor.ts';

export interface Sketch {
  readonly dims: readonly number[];
  /** Number of elements of the tensor. */
  readonly size: number;
  readonly samples: Float64Array;
}

const SAMPLES = 1024;
/** Fractions of multiples of the golden ratio are spread evenly whatever the strides of the tensor. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Null for strings. */
export function sketch(tensor: HostTensor): Sketch | null {
  const floats = asFloats(tensor);
  if (!floats) return null;
  const whole = floats.length <= SAMPLES;
  const samples = new Float64Array(whole ? floats.length : SAMPLES);
  for (let index = 0; index < samples.length; index++) {
    const at = whole ? index : Math.floor(((index * GOLDEN) % 1) * floats.length);
    samples[index] = floats[at] as number;
  }
  return { dims: tensor.dims, size: floats.length, samples };
}

export function sameDims(a: Sketch, b: Sketch): boolean {
  return a.dims.join() === b.dims.join();
}

/**
 * Correlation of two sketches of equal dims in [-1, 1]; 0 where it is undefined. The means are taken out first: what
 * comes behind a Relu is positive and would always look alike.
 */
export function likeness(a: Sketch, b: Sketch): number {
  let count = 0;
  let [meanA, meanB] = [0, 0];
  const finite = (index: number): boolean =>
    Number.isFinite(a.samples[index]) && Number.isFinite(b.samples[index]);
  for (let index = 0; index < a.samples.length; index++) {
    if (!finite(index)) continue;
    count++;
    meanA += a.samples[index] as number;
    meanB += b.samples[index] as number;
  }
  if (count === 0) return 0;
  meanA /= count;
  meanB /= count;
  let [product, squareA, squareB] = [0, 0, 0];
  for (let index = 0; index < a.samples.length; index++) {
    if (!finite(index)) continue;
    const x = (a.samples[index] as number) - meanA;
    const y = (b.samples[index] as number) - meanB;
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  if (squareA === 0 && squareB === 0) return meanA === meanB ? 1 : 0;
  return squareA === 0 || squareB === 0 ? 0 : product / Math.sqrt(squareA) / Math.sqrt(squareB);
}

/** Squared distance relative to the reference's power; 0 for equal sketches, infinite for an empty or zero reference. */
export function distance(reference: Sketch, other: Sketch): number {
  let [signal, error] = [0, 0];
  for (let index = 0; index < reference.samples.length; index++) {
    const x = reference.samples[index] as number;
    const difference = x - (other.samples[index] as number);
    if (!Number.isFinite(difference)) continue;
    signal += x * x;
    error += difference * difference;
  }
  return error === 0 ? 0 : error / signal;
}
