/** What is kept of a layer's inputs: second moments of the float model's and of the rounded model's, and between them. */
import { asFloats } from '../../data/cast.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import type { Floats, MatrixEngine } from '../../numeric/matrix-engine.ts';

/** Sums over rows; all [size, size]. x is a row in the float model, y the same row where layers before are rounded. */
export interface Moments {
  readonly size: number;
  readonly rows: number;
  /** y y^T */
  readonly rounded: Float64Array;
  /** y x^T; the same array as `rounded` while nothing that x depends on has been rounded */
  readonly cross: Float64Array;
  /** x x^T; likewise */
  readonly float: Float64Array;
}

/** Adds up batches; memory does not depend on how many. */
export class MomentSums {
  readonly #engine: MatrixEngine;
  #rows = 0;
  #size = 0;
  #rounded = new Float64Array(0);
  #cross: Float64Array | null = null;
  #float: Float64Array | null = null;

  constructor(engine: MatrixEngine) {
    this.#engine = engine;
  }

  /** @param exact from the float model, @param rounded from the other; the same object where they do not differ */
  async add(exact: HostTensor, rounded: HostTensor): Promise<void> {
    const size = rounded.dims.at(-1) ?? 0;
    const y = floats(rounded);
    const rows = size === 0 ? 0 : y.length / size;
    if (rows === 0) return;
    if (this.#size === 0) {
      this.#size = size;
      this.#rounded = new Float64Array(size * size);
      if (exact !== rounded) {
        this.#cross = new Float64Array(size * size);
        this.#float = new Float64Array(size * size);
      }
    }
    this.#rows += rows;
    addTo(this.#rounded, await this.#engine.gram(y, y, rows, size, size));
    if (!this.#cross || !this.#float) return;
    const x = floats(exact);
    addTo(this.#cross, await this.#engine.gram(y, x, rows, size, size));
    addTo(this.#float, await this.#engine.gram(x, x, rows, size, size));
  }

  result(): Moments {
    const rounded = this.#rounded;
    const [cross, float] = [this.#cross ?? rounded, this.#float ?? rounded];
    return { size: this.#size, rows: this.#rows, rounded, cross, float };
  }
}

function floats(tensor: HostTensor): Float32Array {
  const values = asFloats(tensor);
  if (values === null)
    throw new LlmcError('UNSUPPORTED', `the inputs of a layer are ${tensor.dtype}`, {
      hint: 'use --rounding kquant, which needs no data',
    });
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function addTo(sums: Float64Array, values: Floats): void {
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (values[i] as number);
}
