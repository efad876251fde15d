/** What a training carries from step to step: weights, what the optimizer remembers, running statistics, averages. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { sizeOf } from '../../ir/tensor.ts';

/** One float32 tensor that goes into a step under one name and comes out under another. */
export interface Carried {
  /** The same in the graphs of all shapes: the name of a weight, or `<weight>/<slot>`. */
  readonly key: string;
  readonly input: string;
  readonly output: string;
  readonly dims: readonly number[];
}

/**
 * Two tensors for each key: a step reads one and writes the other, so that nothing is allocated while training.
 */
export class CarriedState {
  #now = new Map<string, HostTensor>();
  #next = new Map<string, HostTensor>();

  has(key: string): boolean {
    return this.#now.has(key);
  }

  get keys(): readonly string[] {
    return [...this.#now.keys()];
  }

  get(key: string): HostTensor {
    const tensor = this.#now.get(key);
    if (!tensor) throw new Error(`nothing is carried as '${key}'`);
    return tensor;
  }

  set(key: string, dims: readonly number[], data: Float32Array): void {
    this.#now.set(key, { dtype: 'float32', dims, data });
    this.#next.set(key, { dtype: 'float32', dims, data: new Float32Array(sizeOf(dims)) });
  }

  /** Where the next value of a key is written. */
  spare(key: string): HostTensor {
    const tensor = this.#next.get(key);
    if (!tensor) throw new Error(`nothing is carried as '${key}'`);
    return tensor;
  }

  /** What was written becomes what is read. */
  advance(keys: Iterable<string>): void {
    for (const key of keys) {
      const written = this.spare(key);
      this.#next.set(key, this.get(key));
      this.#now.set(key, written);
    }
  }
}
