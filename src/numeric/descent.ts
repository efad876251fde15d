/** Coordinate descent on a rounded layer: moves codes and scales one after the other wherever that lowers the error. */

import { roundToHalf } from './half.ts';
import { copyLayer, type LayerGrid, layerErrors, type RoundedLayer } from './layer.ts';
import type { MatrixEngine } from './matrix-engine.ts';
import { ROUND_F64 } from './rounding.ts';

/** Sweeps at most, and the relative gain below which another is not worth its time. */
const SWEEPS = 8;
const WORTHWHILE = 0.002;

/**
 * Lowers trace((W - Q) H (W - Q)^T): for each weight in turn the best code given all others, for each block the best
 * scale given its codes (cyclic coordinate descent; Behdin et al., "QuantEase", 2023, section 3, with scales besides).
 * The error never rises, so this follows any other rounding method.
 * @param weight [inputs, outputs]
 * @param hessian [inputs, inputs], symmetric, its diagonal positive
 */
export async function descend(
  start: RoundedLayer,
  weight: Float32Array,
  hessian: Float32Array,
  grid: LayerGrid,
  engine: MatrixEngine,
): Promise<RoundedLayer> {
  const { inputs, outputs, blockSize } = grid;
  const layer = copyLayer(start);
  const errors = layerErrors(weight, layer, grid);
  for (let sweep = 0, before = 0; sweep < SWEEPS; sweep++) {
    let gain = 0;
    let total = 0;
    for (let first = 0; first < inputs; first += blockSize) {
      const count = Math.min(blockSize, inputs - first);
      const rows = hessian.subarray(first * inputs, (first + count) * inputs);
      const slopes = await engine.multiply(rows, errors, count, inputs, outputs);
      const at = first * outputs;
      for (let i = 0; i < slopes.length; i++) total += (slopes[i] as number) * (errors[at + i] as number);
      const own = new Float64Array(count * count);
      for (let i = 0; i < count; i++)
        own.set(rows.subarray(i * inputs + first, i * inputs + first + count), i * count);
      const block = new Block(layer, errors, slopes, own, grid, first, count);
      gain += block.moveCodes() + block.moveScales();
    }
    before ||= total;
    if (gain <= WORTHWHILE * before) break;
  }
  return layer;
}

/** One block of inputs for all outputs. */
class Block {
  readonly #layer: RoundedLayer;
  /** W - Q of the whole layer. */
  readonly #errors: Float32Array;
  /** H (W - Q) of the block's inputs, [count, outputs]. */
  readonly #slopes: Float32Array;
  /** H among the block's inputs, [count, count]. */
  readonly #own: Float64Array;
  readonly #grid: LayerGrid;
  readonly #first: number;
  readonly #count: number;

  constructor(
    layer: RoundedLayer,
    errors: Float32Array,
    slopes: Float32Array,
    own: Float64Array,
    grid: LayerGrid,
    first: number,
    count: number,
  ) {
    this.#layer = layer;
    this.#errors = errors;
    this.#slopes = slopes;
    this.#own = own;
    this.#grid = grid;
    this.#first = first;
    this.#count = count;
  }

  /** Every code of the block in turn; returns what the error fell by. */
  moveCodes(): number {
    const moves = new Float64Array(this.#grid.outputs);
    let gain = 0;
    for (let i = 0; i < this.#count; i++) {
      const won = this.#moveRow(i, moves);
      gain += won;
      if (won > 0) this.#spread(i, moves);
    }
    return gain;
  }

  /** The codes of one input; leaves what was added to the errors in `moves`. */
  #moveRow(i: number, moves: Float64Array): number {
    const { outputs, bits, blockSize } = this.#grid;
    const { codes, scales } = this.#layer;
    const top = (1 << bits) - 1;
    const curvature = this.#own[i * this.#count + i] as number;
    const at = (this.#first + i) * outputs;
    const block = (this.#first / blockSize) * outputs;
    let gain = 0;
    for (let n = 0; n < outputs; n++) {
      moves[n] = 0;
      const scale = scales[block + n] as number;
      if (scale === 0) continue;
      const code = codes[at + n] as number;
      const slope = this.#slopes[i * outputs + n] as number;
      const wanted = slope / (curvature * scale) + ROUND_F64 - ROUND_F64;
      const moved = Math.min(Math.max(code + wanted, 0), top) - code;
      if (moved === 0) continue;
      const step = moved * scale;
      // The error changes by -step, the form by step (step H_ii - 2 slope).
      const won = step * (2 * slope - step * curvature);
      if (!(won > 0)) continue;
      gain += won;
      codes[at + n] = code + moved;
      this.#errors[at + n] = (this.#errors[at + n] as number) - step;
      moves[n] = -step;
    }
    return gain;
  }

  /** Slopes of the block after the errors of input `i` moved. */
  #spread(i: number, moves: Float64Array): void {
    const { outputs } = this.#grid;
    const slopes = this.#slopes;
    for (let j = 0; j < this.#count; j++) {
      const factor = this.#own[j * this.#count + i] as number;
      const at = j * outputs;
      for (let n = 0; n < outputs; n++) {
        slopes[at + n] = (slopes[at + n] as number) + factor * (moves[n] as number);
      }
    }
  }

  /** The scale of least error for the codes as they are; returns what the error fell by. */
  moveScales(): number {
    const { outputs, scaleType, blockSize } = this.#grid;
    const { codes, scales, zeroPoints } = this.#layer;
    const count = this.#count;
    const levels = new Float64Array(count);
    const block = (this.#first / blockSize) * outputs;
    let gain = 0;
    for (let n = 0; n < outputs; n++) {
      const zeroPoint = zeroPoints[block + n] as number;
      for (let i = 0; i < count; i++)
        levels[i] = (codes[(this.#first + i) * outputs + n] as number) - zeroPoint;
      const { slope, curvature } = this.#alongLevels(levels, n);
      if (!(curvature > 0)) continue;
      const scale = scales[block + n] as number;
      const wanted = scale + slope / curvature;
      const stored = scaleType === 'float16' ? roundToHalf(wanted) : Math.fround(wanted);
      const step = stored - scale;
      const won = step * (2 * slope - step * curvature);
      if (!(won > 0) || stored === 0) continue;
      gain += won;
      scales[block + n] = stored;
      for (let i = 0; i < count; i++) {
        const at = (this.#first + i) * outputs + n;
        this.#errors[at] = (this.#errors[at] as number) - (levels[i] as number) * step;
      }
    }
    return gain;
  }

  /** Slope and curvature of the form when the scale of output `n` grows. */
  #alongLevels(levels: Float64Array, n: number): { slope: number; curvature: number } {
    const { outputs } = this.#grid;
    const count = this.#count;
    let slope = 0;
    let curvature = 0;
    for (let i = 0; i < count; i++) {
      const level = levels[i] as number;
      if (level === 0) continue;
      slope += level * (this.#slopes[i * outputs + n] as number);
      let sum = 0;
      for (let j = 0; j < count; j++) sum += (this.#own[i * count + j] as number) * (levels[j] as number);
      curvature += level * sum;
    }
    return { slope, curvature };
  }
}
