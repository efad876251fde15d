/** AWQ: scales inputs so that weights of the largest ones round better, and clips blocks where that pays. */
import { diagonalOf } from './hessian.ts';
import { allocateLayer, type LayerGrid, type RoundedLayer } from './layer.ts';
import { ROUND_F64 } from './rounding.ts';

/** Exponents tried, 0 being no scaling, and clippings tried (Lin et al., "AWQ", 2023, sections 3.2 and appendix). */
export const EXPONENTS = 20;
const CLIPPINGS = 10;
const NARROWEST = 0.5;

/**
 * Factors for the inputs of a layer: their root mean square to a power, the geometric middle of the extremes being 1.
 * The paper takes the mean magnitude, which the second moments do not tell; what counts is the order of magnitude.
 */
export function inputFactors(hessian: Float64Array, inputs: number, exponent: number): Float64Array {
  const factors = diagonalOf(hessian, inputs).map((square) => Math.max(square, 1e-12) ** (exponent / 2));
  let low = Infinity;
  let high = 0;
  for (const factor of factors) {
    low = Math.min(low, factor);
    high = Math.max(high, factor);
  }
  const middle = Math.sqrt(low * high);
  return factors.map((factor) => factor / middle);
}

/**
 * Rounds `target`, [inputs, outputs], to the nearest codes of blocks that are as wide as their extremes or clipped,
 * whichever gives the least error of what the block adds to the output: e^T H e with the block's part of H.
 */
export function clippedLayer(target: Float32Array, hessian: Float64Array, grid: LayerGrid): RoundedLayer {
  const { inputs, blockSize } = grid;
  const layer = allocateLayer(grid);
  for (let first = 0; first < inputs; first += blockSize) {
    const count = Math.min(blockSize, inputs - first);
    const own = new Float64Array(count * count);
    for (let i = 0; i < count; i++) {
      const at = (first + i) * inputs + first;
      own.set(hessian.subarray(at, at + count), i * count);
    }
    clipBlock(target, own, layer, grid, first, count);
  }
  return layer;
}

function clipBlock(
  target: Float32Array,
  own: Float64Array,
  layer: RoundedLayer,
  grid: LayerGrid,
  first: number,
  count: number,
): void {
  const { outputs, blockSize } = grid;
  const block = (first / blockSize) * outputs;
  const search = new ClipSearch(own, grid, count);
  for (let n = 0; n < outputs; n++) {
    for (let i = 0; i < count; i++) search.weights[i] = target[(first + i) * outputs + n] as number;
    search.run();
    layer.scales[block + n] = search.scale;
    layer.zeroPoints[block + n] = search.zeroPoint;
    for (let i = 0; i < count; i++) layer.codes[(first + i) * outputs + n] = search.codes[i] as number;
  }
}

/** The search for one block of one output; its arrays serve all outputs. */
class ClipSearch {
  readonly weights: Float64Array;
  codes: Uint8Array;
  scale = 0;
  zeroPoint = 0;
  readonly #own: Float64Array;
  readonly #grid: LayerGrid;
  readonly #errors: Float64Array;
  #tried: Uint8Array;

  constructor(own: Float64Array, grid: LayerGrid, count: number) {
    this.#own = own;
    this.#grid = grid;
    this.weights = new Float64Array(count);
    this.codes = new Uint8Array(count);
    this.#tried = new Uint8Array(count);
    this.#errors = new Float64Array(count);
  }

  run(): void {
    const { bits, symmetric } = this.#grid;
    const top = (1 << bits) - 1;
    let low = 0;
    let high = 0;
    for (const weight of this.weights) {
      low = Math.min(low, weight);
      high = Math.max(high, weight);
    }
    const middle = 1 << (bits - 1);
    const whole = symmetric ? (high > -low ? high : low) / -middle : (high - low) / top;
    this.scale = Math.fround(whole);
    this.zeroPoint = symmetric ? middle : Math.min(Math.max(Math.round(-low / (whole || 1)), 0), top);
    let least = Infinity;
    for (let step = 0; step < CLIPPINGS; step++) {
      const scale = Math.fround(whole * (1 - ((1 - NARROWEST) * step) / CLIPPINGS));
      const error = this.#round(scale);
      if (!(error < least)) continue;
      least = error;
      this.scale = scale;
      [this.codes, this.#tried] = [this.#tried, this.codes];
    }
  }

  /** Rounds to `#tried`; returns e^T H e. */
  #round(scale: number): number {
    const count = this.weights.length;
    const top = (1 << this.#grid.bits) - 1;
    for (let i = 0; i < count; i++) {
      const weight = this.weights[i] as number;
      const level = scale === 0 ? 0 : weight / scale + ROUND_F64 - ROUND_F64;
      const code = Math.min(Math.max(level + this.zeroPoint, 0), top);
      this.#tried[i] = code;
      this.#errors[i] = weight - (code - this.zeroPoint) * scale;
    }
    let sum = 0;
    for (let i = 0; i < count; i++) {
      let row = 0;
      for (let j = 0; j < i; j++) row += (this.#own[i * count + j] as number) * (this.#errors[j] as number);
      const error = this.#errors[i] as number;
      sum += error * (2 * row + (this.#own[i * count + i] as number) * error);
    }
    return sum;
  }
}
