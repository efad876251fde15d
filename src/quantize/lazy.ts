/** Tensors that come out of one computation, made when the writer reaches them, so that memory holds one weight. */
import { bytesOf, computedBytes } from '../ir/bytes.ts';
import { byteLengthOf, type DType } from '../ir/dtype.ts';
import { sizeOf, Tensor } from '../ir/tensor.ts';

export interface PartType {
  readonly dtype: DType;
  readonly dims: readonly number[];
}

/**
 * Tensors for the named parts of `compute`. The first part that is read runs it; the others are kept until each has
 * been read once, then everything is dropped (a later read computes again). Writers reach the parts of a job one
 * after the other, so at most one weight is in memory.
 */
export function lazyTensors<K extends string>(
  parts: Readonly<Record<K, PartType>>,
  compute: () => Readonly<Record<K, ArrayBufferView>>,
): Record<K, Tensor> {
  const waiting = new Map<string, Uint8Array>();
  const names = Object.keys(parts) as K[];
  const take = (name: K): Uint8Array => {
    if (!waiting.has(name)) {
      const result = compute();
      for (const key of names) waiting.set(key, bytesOf(result[key]));
    }
    const bytes = waiting.get(name) ?? new Uint8Array(0);
    waiting.delete(name);
    return bytes;
  };
  const tensor = (name: K): Tensor => {
    const { dtype, dims } = parts[name];
    return new Tensor({
      dtype,
      dims,
      source: computedBytes(byteLengthOf(dtype, sizeOf(dims)), () => take(name)),
    });
  };
  return Object.fromEntries(names.map((name) => [name, tensor(name)])) as Record<K, Tensor>;
}
