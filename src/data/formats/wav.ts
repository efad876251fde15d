/** WAV files: where the samples are and what they are made of; any stretch of them as floats in one channel. */
import { LlmcError } from '../../errors.ts';
import { fileSize, readRange } from '../file-range.ts';

export interface Wav {
  readonly path: string;
  /** Samples per second. */
  readonly rate: number;
  readonly channels: number;
  /** Samples of each channel. */
  readonly length: number;
  /** Samples `start` to `end` in [-1, 1), the mean of all channels. */
  read(start: number, end: number): Promise<Float32Array>;
}

const INTEGER = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const CHUNK_HEAD = 8;

/** No sound card goes near it. */
const HIGHEST_RATE = 10_000_000;

interface Format {
  readonly code: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

type Sample = (view: DataView, at: number) => number;

const SAMPLES: Readonly<Record<string, Sample>> = {
  // 8 bits have no sign, all others do.
  [`${INTEGER}:8`]: (view, at) => (view.getUint8(at) - 128) / 128,
  [`${INTEGER}:16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${INTEGER}:24`]: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  [`${INTEGER}:32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${FLOAT}:32`]: (view, at) => view.getFloat32(at, true),
  [`${FLOAT}:64`]: (view, at) => view.getFloat64(at, true),
};

/** Reads the headers. LlmcError DATA for what is no WAV file, is truncated, or compressed. */
export async function openWav(path: string): Promise<Wav> {
  const size = await fileSize(path);
  const { format, start, byteLength } = await findData(path, size);
  const sample = SAMPLES[`${format.code}:${format.bits}`];
  if (!sample)
    throw broken(
      path,
      `it holds samples of format ${format.code} with ${format.bits} bits`,
      'write it as 16-bit PCM',
    );
  if (format.channels < 1 || format.channels > 256 || format.rate < 1 || format.rate > HIGHEST_RATE)
    throw broken(path, `its header tells of ${format.channels} channels at ${format.rate} Hz`);
  const frame = (format.channels * format.bits) / 8;
  const { channels, rate } = format;
  const read = async (from: number, to: number): Promise<Float32Array> => {
    const bytes = await readRange(path, start + from * frame, (to - from) * frame);
    return mixed(new DataView(bytes.buffer), sample, channels, format.bits / 8);
  };
  return { path, rate, channels, length: Math.floor(byteLength / frame), read };
}

async function findData(
  path: string,
  size: number,
): Promise<{ format: Format; start: number; byteLength: number }> {
  const head = size < 12 ? '' : Buffer.from(await readRange(path, 0, 12)).toString('latin1');
  if (!head.startsWith('RIFF') || !head.endsWith('WAVE')) throw broken(path, 'it is not in WAV format');
  let format: Format | undefined;
  for (let at = 12; at + CHUNK_HEAD <= size; ) {
    const view = new DataView((await readRange(path, at, CHUNK_HEAD)).buffer);
    const name = Buffer.from(view.buffer, 0, 4).toString('latin1');
    const length = view.getUint32(4, true);
    const start = at + CHUNK_HEAD;
    if (name === 'data') {
      if (!format) throw broken(path, 'its samples come before their format');
      // Programs that write into a pipe do not know the length: everything up to the end is meant.
      const byteLength = length === 0xffffffff ? size - start : length;
      if (start + byteLength > size)
        throw broken(path, `it is truncated: ${size - start} of ${byteLength} bytes of samples`);
      return { format, start, byteLength };
    }
    if (start + length > size) throw broken(path, `its chunk "${printable(name)}" ends behind the file`);
    if (name === 'fmt ') format = formatOf(path, new DataView((await readRange(path, start, length)).buffer));
    // Chunks begin at even places.
    at = start + length + (length % 2);
  }
  throw broken(path, 'it holds no samples');
}

function formatOf(path: string, view: DataView): Format {
  if (view.byteLength < 16) throw broken(path, `its format takes ${view.byteLength} bytes, 16 are needed`);
  const code = view.getUint16(0, true);
  // The real code is the beginning of a GUID.
  const real = code === EXTENSIBLE && view.byteLength >= 26 ? view.getUint16(24, true) : code;
  return {
    code: real,
    channels: view.getUint16(2, true),
    rate: view.getUint32(4, true),
    bits: view.getUint16(14, true),
  };
}

function mixed(view: DataView, sample: Sample, channels: number, bytes: number): Float32Array {
  const result = new Float32Array(view.byteLength / (channels * bytes));
  for (let at = 0, from = 0; at < result.length; at++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, from += bytes) sum += sample(view, from);
    result[at] = sum / channels;
  }
  return result;
}

function printable(name: string): string {
  return name.replace(/[^ -~]/g, '?');
}

function broken(path: string, why: string, hint = 'leave it out, or write it again'): LlmcError {
  return new LlmcError('DATA', `cannot read ${path}: ${why}`, { hint });
}
