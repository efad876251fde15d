/** Constants in half precision: converted when they are written, a piece at a time, each stretch of bytes once. */
import { type ByteSource, bytesOf } from '../../ir/bytes.ts';
import { Tensor } from '../../ir/tensor.ts';
import { encodeBfloat16 } from '../../numeric/bfloat16.ts';
import { encodeHalf, floatToHalf } from '../../numeric/half.ts';
import type { HalfType } from './facts.ts';
import type { LossTally } from './tally.ts';

/** Elements converted at a time: 4 MiB of float32. */
const PIECE = 1 << 20;

/** The largest finite numbers. */
export const LARGEST: Readonly<Record<HalfType, number>> = {
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
};

export class HalfConstants {
  readonly dtype: HalfType;
  readonly #largest: number;
  readonly #tally: LossTally;
  /** Converted bytes by where they come from, so that tied weights stay tied. */
  readonly #made = new Map<ByteSource | string, ByteSource>();

  /** @param largest finite values out of range become this, with their sign */
  constructor(dtype: HalfType, largest: number, tally: LossTally) {
    this.dtype = dtype;
    this.#largest = largest;
    this.#tally = tally;
  }

  /** The half form of a float32 tensor; its bytes are not read yet. */
  convert(tensor: Tensor, name: string): Tensor {
    const key = keyOf(tensor.source);
    const source = this.#made.get(key) ?? this.#lazily(tensor.source, name);
    this.#made.set(key, source);
    return new Tensor({ dtype: this.dtype, dims: tensor.dims, source });
  }

  /** True when a float32 tensor has finite values beyond the type's range. Reads it. */
  exceeds(tensor: Tensor): boolean {
    let overflowed = 0;
    const scratch = new Uint16Array(Math.min(PIECE, tensor.size));
    forEachPiece(tensor.source, (floats) => {
      overflowed += encodeInto(this.dtype, floats, scratch, this.#largest).overflowed;
    });
    return overflowed > 0;
  }

  #lazily(source: ByteSource, name: string): ByteSource {
    let counted = false;
    const byteLength = source.byteLength / 2;
    return {
      byteLength,
      computed: true,
      read: (start = 0, end = byteLength) => {
        const half = new Uint16Array(byteLength / 2);
        let [overflowed, underflowed] = [0, 0];
        forEachPiece(source, (floats, at) => {
          const loss = encodeInto(this.dtype, floats, half.subarray(at), this.#largest);
          overflowed += loss.overflowed;
          underflowed += loss.underflowed;
        });
        if (!counted) {
          this.#tally.overflow(name, overflowed);
          this.#tally.underflow(name, underflowed);
        }
        counted = true;
        return bytesOf(half).subarray(start, end);
      },
    };
  }
}

/** The same range of the same file is the same data, however many tensors point there. */
function keyOf(source: ByteSource): ByteSource | string {
  return source.file ? `${source.file.offset}+${source.byteLength} ${source.file.path}` : source;
}

function forEachPiece(source: ByteSource, use: (floats: Float32Array, at: number) => void): void {
  for (let start = 0; start < source.byteLength; start += PIECE * 4) {
    const bytes = source.read(start, Math.min(source.byteLength, start + PIECE * 4));
    // Bytes of a model file lie anywhere; typed arrays need them aligned.
    // Not slice(): of a Buffer that is a view, not a copy.
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    use(new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4), start / 4);
  }
}

/** Rounds to nearest; values out of range become +-`largest`, tiny ones the smallest there is, infinities stay. */
function encodeInto(
  dtype: HalfType,
  floats: Float32Array,
  target: Uint16Array,
  largest: number,
): { overflowed: number; underflowed: number } {
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
