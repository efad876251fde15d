/** One column of rows of one size in memory. */
import { allocate, elementCount, type HostTensor } from './host-tensor.ts';

export class KeptColumn {
  readonly bytes: number;
  readonly #dtype: string;
  readonly #rowDims: readonly number[];
  readonly #rowBytes: number;
  /** Made when the first row comes: a column that turns out too large takes nothing. */
  #memory: Uint8Array | undefined;
  /** What all rows share. */
  readonly #whole: HostTensor | null;

  /**
   * @param sample some rows
   * @param rows null for what every batch gets whole
   */
  constructor(sample: HostTensor, rows: number | null) {
    const { dtype, dims } = sample;
    this.#dtype = dtype;
    this.#whole = rows === null ? copied(sample) : null;
    this.#rowDims = dims.slice(1);
    this.#rowBytes = elementCount(this.#rowDims) * allocate(dtype, 1).BYTES_PER_ELEMENT;
    this.bytes = rows === null ? 0 : rows * this.#rowBytes;
  }

  /** False when the rows are not like those before. */
  put(places: readonly number[], { dtype, dims, data }: HostTensor): boolean {
    if (this.#whole) return true;
    const alike =
      dtype === this.#dtype && dims[0] === places.length && String(dims.slice(1)) === String(this.#rowDims);
    if (!alike || Array.isArray(data)) return false;
    const [size, bytes] = [this.#rowBytes, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
    this.#memory ??= new Uint8Array(this.bytes);
    for (const [at, place] of places.entries())
      this.#memory.set(bytes.subarray(at * size, (at + 1) * size), place * size);
    return true;
  }

  /** In fresh memory. */
  take(places: readonly number[]): HostTensor {
    if (this.#whole) return copied(this.#whole);
    const [size, memory] = [this.#rowBytes, this.#memory as Uint8Array];
    const data = allocate(this.#dtype, places.length * elementCount(this.#rowDims));
    const bytes = new Uint8Array(data.buffer);
    for (const [at, place] of places.entries())
      bytes.set(memory.subarray(place * size, (place + 1) * size), at * size);
    return { dtype: this.#dtype, dims: [places.length, ...this.#rowDims], data };
  }
}

function copied({ dtype, dims, data }: HostTensor): HostTensor {
  return { dtype, dims, data: data.slice() };
}
