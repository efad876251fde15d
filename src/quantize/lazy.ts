/** Tensors that come out of one computation, made when the writer reaches them, so that memory holds one weight. */
import { bytesOf, computedBytes } from '../ir/bytes.ts';
import { byteLengthOf, type DType } from '../ir/dtype.ts';
import { sizeOf, Tensor } from '../ir/tensor.ts';

export interface PartType {
  readonly dtype: DType;
  readonly dims: readonly number[];
}

/** Parts by name; null where this computation has no such part (zero points of symmetric codes). */
type Parts = Readonly<Record<string, PartType | null>>;
export type LazyTensors<P extends Parts> = {
  readonly [K in keyof P]: P[K] extends PartType ? Tensor : Tensor | null;
};

/**
 * Tensors for the named parts of `compute`. The first part that is read runs it; the others are kept until each has
 * been read once, then everything is dropped (a later read computes again). Writers reach the parts of a job one
 * after the other, so at most one weight is in memory.
 */
export function lazyTensors<P extends Parts>(
  parts: P,
  compute: () => Readonly<Record<keyof P, ArrayBufferView | null>>,
): LazyTensors<P> {
  const waiting = new Map<string, Uint8Array>();
  const take = (name: string): Uint8Array => {
    if (!waiting.has(name))
      for (const [key, view] of Object.entries<ArrayBufferView | null>(compute()))
        if (view) waiting.set(key, bytesOf(view));
    const bytes = waiting.get(name) ?? new Uint8Array(0);
    waiting.delete(name);
    return bytes;
  };
  const tensors = Object.entries(parts).map(([name, part]) => {
    if (!part) return [name, null] as const;
    const { dtype, dims } = part;
    const source = computedBytes(byteLengthOf(dtype, sizeOf(dims)), () => take(name));
    return [name, new Tensor({ dtype, dims, source })] as const;
  });
  return Object.fromEntries(tensors) as LazyTensors<P>;
}
