/** A recording at the rate that is wanted, read by stretches. */
import type { Wav } from '../formats/wav.ts';
import { type Resampler, resampler } from './resampler.ts';

export interface Clip {
  /** Samples at the rate that is wanted. */
  readonly length: number;
  /** Samples `start` to `end`; beyond the end of the recording zeros. */
  read(start: number, end: number): Promise<Float32Array>;
}

/** @param between one resampler for each stored rate, kept by the caller for all clips */
export function clipOf(wav: Wav, rate: number, between: Map<number, Resampler>): Clip {
  if (wav.rate === rate) return { length: wav.length, read: (start, end) => padded(wav, start, end) };
  const change = between.get(wav.rate) ?? resampler(wav.rate, rate);
  between.set(wav.rate, change);
  const length = change.outputLength(wav.length);
  return {
    length,
    async read(start, end) {
      const stop = Math.min(end, length);
      const result = new Float32Array(end - start);
      if (stop <= start) return result;
      const input = await padded(wav, ...change.needed(start, stop));
      result.set(change.run(input, start, stop));
      return result;
    },
  };
}

/** With zeros before the beginning and behind the end. */
async function padded(wav: Wav, start: number, end: number): Promise<Float32Array> {
  const [from, to] = [Math.max(0, start), Math.min(wav.length, end)];
  if (from === start && to === end) return wav.read(start, end);
  const result = new Float32Array(end - start);
  if (to > from) result.set(await wav.read(from, to), from - start);
  return result;
}
