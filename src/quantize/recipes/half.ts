/** Float32 to half precision, a piece at a time, counting what did not fit. */
import type { ByteSource } from '../../ir/bytes.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { encodeBfloat16 } from '../../numeric/bfloat16.ts';
import { encodeHalf, floatToHalf, type HalfLoss } from '../../numeric/half.ts';

/** Elements converted at a time: 4 MiB of float32. */
const PIECE = 1 << 20;

/** The largest finite numbers. */
export const LARGEST = { float16: 65504, bfloat16: 3.3895313892515355e38 } as const;

export interface HalfSpec {
  readonly dtype: 'float16' | 'bfloat16';
  /** Finite values out of range become this, with their sign. */
  readonly largest: number;
}

export interface Halves {
  readonly halves: Uint16Array;
  /** Number of values beyond the largest, number of nonzero values below the smallest. */
  readonly loss: Float64Array;
}

/** Rounds to nearest; values out of range become +-`largest`, tiny ones the smallest there is, infinities stay. */
export function toHalves(weight: Tensor, spec: HalfSpec): Halves {
  const halves = new Uint16Array(weight.size);
  const loss = new Float64Array(2);
  forEachPiece(weight.source, (floats, at) => {
    const { overflowed, underflowed } = encodeInto(spec, floats, halves.subarray(at));
    loss[0] = (loss[0] as number) + overflowed;
    loss[1] = (loss[1] as number) + underflowed;
  });
  return { halves, loss };
}

/** True when a float32 tensor has finite values beyond the type's range. Reads it. */
export function exceedsHalf(weight: Tensor, spec: HalfSpec): boolean {
  let overflowed = 0;
  const scratch = new Uint16Array(Math.min(PIECE, weight.size));
  forEachPiece(weight.source, (floats) => {
    overflowed += encodeInto(spec, floats, scratch).overflowed;
  });
  return overflowed > 0;
}

function forEachPiece(source: ByteSource, use: (floats: Float32Array, at: number) => void): void {
  for (let start = 0; start < source.byteLength; start += PIECE * 4) {
    const bytes = source.read(start, Math.min(source.byteLength, start + PIECE * 4));
    // Bytes of a model file lie anywhere; typed arrays need them aligned. Not slice(): of a Buffer that is a view.
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    use(new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4), start / 4);
  }
}

function encodeInto({ dtype, largest }: HalfSpec, floats: Float32Array, target: Uint16Array): HalfLoss {
  if (dtype === 'bfloat16') return { overflowed: encodeFinite(floats, target), underflowed: 0 };
  const loss = encodeHalf(floats, target, { saturate: true, keepNonZero: true });
  if (loss.overflowed > 0 && largest < LARGEST.float16) lower(floats, target, floatToHalf(largest));
  return loss;
}

/** bfloat16 of what float32 holds, except that rounding must not make an infinity. Returns how often it would have. */
function encodeFinite(floats: Float32Array, target: Uint16Array): number {
  encodeBfloat16(floats, target);
  let overflowed = 0;
  for (let i = 0; i < floats.length; i++) {
    const pattern = target[i] as number;
    if ((pattern & 0x7fff) !== 0x7f80 || !Number.isFinite(floats[i])) continue;
    target[i] = pattern - 1;
    overflowed++;
  }
  return overflowed;
}

function lower(floats: Float32Array, target: Uint16Array, largest: number): void {
  for (let i = 0; i < floats.length; i++) {
    const value = floats[i] as number;
    if (Number.isFinite(value) && Math.abs(value) > LARGEST.float16)
      target[i] = (value < 0 ? 0x8000 : 0) | largest;
  }
}
