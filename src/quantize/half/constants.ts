/** Constants in half precision: converted when they are written, a piece at a time, each stretch of bytes once. */
import type { ByteSource } from '../../ir/bytes.ts';
import { Tensor } from '../../ir/tensor.ts';
import { lazyTensors } from '../lazy.ts';
import { exceedsHalf, type HalfSpec } from '../recipes/half.ts';
import type { HalfType } from './facts.ts';
import type { LossTally } from './tally.ts';

export class HalfConstants {
  readonly dtype: HalfType;
  readonly #spec: HalfSpec;
  readonly #tally: LossTally;
  /** Converted bytes by where they come from, so that tied weights stay tied. */
  readonly #made = new Map<ByteSource | string, ByteSource>();

  /** @param largest finite values out of range become this, with their sign */
  constructor(dtype: HalfType, largest: number, tally: LossTally) {
    this.dtype = dtype;
    this.#spec = { dtype, largest };
    this.#tally = tally;
  }

  /** The half form of a float32 tensor; its bytes are not read yet. */
  convert(tensor: Tensor, name: string): Tensor {
    const key = keyOf(tensor.source);
    const source = this.#made.get(key) ?? this.#lazily(tensor, name);
    this.#made.set(key, source);
    return new Tensor({ dtype: this.dtype, dims: tensor.dims, source });
  }

  /** True when a float32 tensor has finite values beyond the type's range. Reads it. */
  exceeds(tensor: Tensor): boolean {
    return exceedsHalf(tensor, this.#spec);
  }

  #lazily(tensor: Tensor, name: string): ByteSource {
    let counted = false;
    const { dims } = tensor;
    const { halves } = lazyTensors(
      { halves: { dtype: this.dtype, dims } },
      { kind: 'half', spec: this.#spec },
      tensor,
      ({ loss }) => {
        if (counted || !(loss instanceof Float64Array)) return;
        counted = true;
        this.#tally.overflow(name, loss[0] ?? 0);
        this.#tally.underflow(name, loss[1] ?? 0);
      },
    );
    return halves.source;
  }
}

/** The same range of the same file is the same data, however many tensors point there. */
function keyOf(source: ByteSource): ByteSource | string {
  return source.file ? `${source.file.offset}+${source.byteLength} ${source.file.path}` : source;
}
