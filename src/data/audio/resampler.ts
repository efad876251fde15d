/**
 * Changes sampling rates by a windowed sinc, evaluated only where a result is wanted (polyphase). What the new rate
 * cannot carry is gone by 100 dB; nine tenths of what it can carry stays. J. O. Smith, Digital Audio Resampling
 * (2002); Kaiser's formulas for window and width: Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5.3.
 */

/** Attenuation above the lower of the two Nyquist frequencies, in dB. */
const ATTENUATION = 100;

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 64;

export interface Resampler {
  /** Samples that come of `length` ones. */
  outputLength(length: number): number;
  /** The stretch of the input that samples `start` to `end` of the output follow from; it may reach over its ends. */
  needed(start: number, end: number): readonly [from: number, to: number];
  /** Samples `start` to `end` of the output, from the input of `needed`, with zeros beyond its ends. */
  run(input: Float32Array, start: number, end: number): Float32Array;
}

/** @param from and `to` samples per second, whole numbers */
export function resampler(from: number, to: number): Resampler {
  const common = divisor(from, to);
  const [up, down] = [to / common, from / common];
  // In samples of the input: the sinc is as wide as the lower rate demands.
  const cutoff = Math.min(1, to / from) * (1 - transition() / 2);
  const reach = Math.ceil(CROSSINGS / Math.min(1, to / from));
  const taps = 2 * reach;
  const phases = new Map<number, Float64Array>();
  const phase = (number: number): Float64Array => {
    const known = phases.get(number);
    if (known) return known;
    const made = phaseTaps(number / up, reach, cutoff);
    phases.set(number, made);
    return made;
  };
  const first = (index: number): number => Math.floor((index * down) / up) - reach + 1;
  return {
    outputLength: (length) => Math.ceil((length * up) / down),
    needed: (start, end) => [first(start), first(end - 1) + taps],
    run(input, start, end) {
      const result = new Float32Array(end - start);
      const base = first(start);
      for (let index = start; index < end; index++) {
        const weights = phase((index * down) % up);
        const read = first(index) - base;
        result[index - start] = product(input, read, weights);
      }
      return result;
    },
  };
}

/** The inner product with the samples from `read` on, in four sums, so that additions need not wait for each other. */
function product(input: Float32Array, read: number, weights: Float64Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  // There are an even number of weights: two are left where it is no multiple of four.
  const whole = weights.length - (weights.length % 4);
  let tap = 0;
  for (; tap < whole; tap += 4) {
    const at = read + tap;
    a += (input[at] as number) * (weights[tap] as number);
    b += (input[at + 1] as number) * (weights[tap + 1] as number);
    c += (input[at + 2] as number) * (weights[tap + 2] as number);
    d += (input[at + 3] as number) * (weights[tap + 3] as number);
  }
  for (; tap < weights.length; tap++) a += (input[read + tap] as number) * (weights[tap] as number);
  return a + b + (c + d);
}

/** Weights of the samples from `1 - reach` to `reach` around a point that lies `fraction` behind sample 0; their sum is 1. */
function phaseTaps(fraction: number, reach: number, cutoff: number): Float64Array {
  const beta = 0.1102 * (ATTENUATION - 8.7);
  const taps = Float64Array.from({ length: 2 * reach }, (_, tap) => {
    const distance = tap - reach + 1 - fraction;
    const place = distance / reach;
    const window = Math.abs(place) >= 1 ? 0 : bessel(beta * Math.sqrt(1 - place * place));
    const x = Math.PI * cutoff * distance;
    return window * (x === 0 ? 1 : Math.sin(x) / x);
  });
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((tap) => tap / sum);
}

/** Width of the band between what passes and what is stopped, as a share of the Nyquist frequency. */
function transition(): number {
  return (ATTENUATION - 8) / (2.285 * 2 * CROSSINGS * Math.PI);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
