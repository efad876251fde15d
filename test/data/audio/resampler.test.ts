/** Resampling: tones stay what they are, tones the new rate cannot carry vanish, any stretch gives the same samples. */
import { describe, expect, it } from 'vitest';
import { resampler } from '../../../src/data/audio/resampler.ts';

const tone = (hertz: number, rate: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));

function run(input: Float32Array, from: number, to: number, start = 0, end?: number): Float32Array {
  const change = resampler(from, to);
  const stop = end ?? change.outputLength(input.length);
  const [low, high] = change.needed(start, stop);
  const part = Float32Array.from({ length: high - low }, (_, i) => input[low + i] ?? 0);
  return change.run(part, start, stop);
}

/** Largest difference away from the ends, where the filter sees silence. */
function worst(a: Float32Array, b: Float32Array): number {
  const margin = Math.floor(a.length / 4);
  return a
    .subarray(margin, -margin)
    .reduce((most, value, i) => Math.max(most, Math.abs(value - (b[margin + i] as number))), 0);
}

describe.each([
  [48000, 16000],
  [44100, 16000],
  [8000, 16000],
  [16000, 44100],
  [22050, 8000],
])('from %i to %i', (from, to) => {
  const length = from / 10;
  const top = Math.min(from, to) / 2;

  it.each([0.01, 0.3, 0.89])('keeps a tone at %f of what both rates carry', (share) => {
    const result = run(tone(share * top, from, length), from, to);
    expect(result).toHaveLength(Math.ceil((length * to) / from));
    expect(worst(result, tone(share * top, to, result.length))).toBeLessThan(3e-5);
  });

  it('keeps a constant', () => {
    const result = run(new Float32Array(length).fill(0.5), from, to);
    expect(worst(result, new Float32Array(result.length).fill(0.5))).toBeLessThan(1e-7);
  });

  it.runIf(to < from)('silences by 95 dB what the new rate cannot carry', () => {
    for (const hertz of [to / 2 + 10, (to / 2 + from / 2) / 2, from / 2 - 10]) {
      const result = run(tone(hertz, from, length), from, to);
      expect(worst(result, new Float32Array(result.length))).toBeLessThan(10 ** (-95 / 20));
    }
  });

  it('gives any stretch the samples of the whole', () => {
    const input = tone(321, from, length);
    const whole = run(input, from, to);
    for (const [start, end] of [
      [0, 5],
      [100, 117],
      [whole.length - 3, whole.length],
    ] as const)
      expect(run(input, from, to, start, end)).toEqual(whole.subarray(start, end));
  });
});
