/** GPTQ: rounds one input after the other, and lets the inputs to come make up for the errors made so far. */
import { blockImportance, blockWeights, searchBlock } from './block-search.ts';
import { diagonalOf } from './hessian.ts';
import { allocateLayer, blocksOf, type LayerGrid, type RoundedLayer } from './layer.ts';
import { cholesky } from './linalg.ts';
import type { MatrixEngine } from './matrix-engine.ts';
import { ROUND_F64 } from './rounding.ts';

/** Inputs whose errors are spread among each other at once; to all others by one matrix product. */
const WINDOW = 128;

/** How errors of inputs rounded earlier move the target of a later one. */
export interface Feedback {
  /** Inputs in the order they are rounded; those of a block stay together. */
  readonly order: Int32Array;
  /** [size, size] by place in the order, strictly below the diagonal: target_i = w_i + sum_j<i factors_ij error_j. */
  readonly factors: Float32Array;
  /** What an error left at a place costs once later inputs have made up for what they can. */
  readonly costs: Float64Array;
}

/**
 * Feedback under H [size, size] (Frantar, Ashkboos, Hoefler, Alistarh, "GPTQ", 2022, algorithm 1). The paper takes rows
 * of the Cholesky factor of the inverse of H. With H = (I + U) D (I + U)^T, U strictly upper, these rows are those of
 * (I + U)^-1, and subtracting them error by error is the same as adding the columns of U times the errors of the
 * original weights (Chee et al., "QuIP", 2023, theorem 6): no inverse is needed, and late inputs collect what they owe
 * in one product. Null where H is not positive definite.
 */
export async function feedbackOf(
  hessian: Float64Array,
  order: Int32Array,
  engine: MatrixEngine,
): Promise<Feedback | null> {
  const size = order.length;
  // The ordinary factorization goes the other way round, so the order is reversed for it and back again.
  const turned = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = (order[size - 1 - i] as number) * size;
    for (let j = 0; j <= i; j++)
      turned[i * size + j] = hessian[row + (order[size - 1 - j] as number)] as number;
  }
  const lower = await cholesky(turned, size, engine);
  if (!lower) return null;
  const factors = new Float32Array(size * size);
  const costs = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const back = size - 1 - i;
    const pivot = lower[back * size + back] as number;
    costs[i] = pivot * pivot;
    for (let j = 0; j < i; j++) {
      factors[i * size + j] = (lower[(size - 1 - j) * size + back] as number) / pivot;
    }
  }
  return { order, factors, costs };
}

/**
 * The order of act-order (the largest diagonal of H first) as far as blocks allow: blocks by their mean, inputs within
 * their block. So the parameters of a block can be found when its turn comes, from weights that carry all errors made
 * before, and still be stored by block without an index of groups.
 */
export function actOrder(hessian: Float64Array, grid: LayerGrid): Int32Array {
  const { inputs, blockSize } = grid;
  const diagonal = diagonalOf(hessian, inputs);
  const blocks = Array.from({ length: blocksOf(grid) }, (_, block) => {
    const count = Math.min(blockSize, inputs - block * blockSize);
    const own = Array.from({ length: count }, (__, i) => block * blockSize + i);
    own.sort((a, b) => (diagonal[b] as number) - (diagonal[a] as number) || a - b);
    return { own, mean: own.reduce((sum, i) => sum + (diagonal[i] as number), 0) / count };
  });
  blocks.sort((a, b) => b.mean - a.mean || (a.own[0] as number) - (b.own[0] as number));
  return Int32Array.from(blocks.flatMap(({ own }) => own));
}

/**
 * Rounds `weight`, [inputs, outputs], under H [inputs, inputs], which must be damped: an input that never was other
 * than zero has the damping alone on its diagonal and is rounded to nearest. Null where H is not positive definite.
 * @param order in which inputs are rounded; default act-order
 */
export async function gptq(
  weight: Float32Array,
  hessian: Float64Array,
  grid: LayerGrid,
  engine: MatrixEngine,
  order: Int32Array = actOrder(hessian, grid),
): Promise<RoundedLayer | null> {
  const feedback = await feedbackOf(hessian, order, engine);
  return feedback && roundWith(feedback, weight, grid, engine);
}

async function roundWith(
  feedback: Feedback,
  weight: Float32Array,
  grid: LayerGrid,
  engine: MatrixEngine,
): Promise<RoundedLayer> {
  const { inputs, outputs, blockSize } = grid;
  const rounder = new Rounder(feedback, weight, grid);
  for (let first = 0; first < inputs; ) {
    let last = first;
    while (last < inputs && last - first < WINDOW) last += rounder.blockFrom(last);
    if (first > 0) rounder.owe(first, await engine.multiply(...rounder.debts(first, last)));
    for (let at = first; at < last; at += rounder.blockFrom(at)) {
      const end = at + rounder.blockFrom(at);
      for (let i = at; i < end; i++) rounder.collect(i, first, at);
      rounder.fit(at, end);
      for (let i = at; i < end; i++) {
        rounder.collect(i, at, i);
        rounder.round(i, Math.floor((feedback.order[i] as number) / blockSize) * outputs);
      }
    }
    first = last;
  }
  return rounder.layer;
}

/** The state of one pass over a layer. */
class Rounder {
  readonly layer: RoundedLayer;
  readonly #feedback: Feedback;
  readonly #grid: LayerGrid;
  readonly #weight: Float32Array;
  /** [inputs, outputs] by place: weights plus what they owe. */
  readonly #targets: Float32Array;
  /** [inputs, outputs] by place: original weights minus rounded ones. */
  readonly #errors: Float32Array;

  constructor(feedback: Feedback, weight: Float32Array, grid: LayerGrid) {
    const { outputs } = grid;
    this.layer = allocateLayer(grid);
    this.#feedback = feedback;
    this.#grid = grid;
    this.#weight = weight;
    this.#targets = new Float32Array(weight.length);
    this.#errors = new Float32Array(weight.length);
    for (const [i, k] of feedback.order.entries())
      this.#targets.set(weight.subarray(k * outputs, (k + 1) * outputs), i * outputs);
  }

  /** Inputs of the block that begins at a place. */
  blockFrom(place: number): number {
    const { inputs, blockSize } = this.#grid;
    const block = Math.floor((this.#feedback.order[place] as number) / blockSize);
    return Math.min(blockSize, inputs - block * blockSize);
  }

  /** The product that gives the debts of the places [first, last) from all before. */
  debts(first: number, last: number): [Float32Array, Float32Array, number, number, number] {
    const { inputs, outputs } = this.#grid;
    const { factors } = this.#feedback;
    const rows = new Float32Array((last - first) * first);
    for (let i = first; i < last; i++)
      rows.set(factors.subarray(i * inputs, i * inputs + first), (i - first) * first);
    return [rows, this.#errors.subarray(0, first * outputs), last - first, first, outputs];
  }

  /** Adds debts to the targets from place `first` on. */
  owe(first: number, debts: Float32Array): void {
    const targets = this.#targets;
    const at = first * this.#grid.outputs;
    for (let i = 0; i < debts.length; i++)
      targets[at + i] = (targets[at + i] as number) + (debts[i] as number);
  }

  /** Adds what place `i` owes for the errors of the places [from, to). */
  collect(i: number, from: number, to: number): void {
    const { inputs, outputs } = this.#grid;
    const targets = this.#targets;
    const errors = this.#errors;
    const at = i * outputs;
    for (let j = from; j < to; j++) {
      const factor = this.#feedback.factors[i * inputs + j] as number;
      const source = j * outputs;
      for (let n = 0; n < outputs; n++) {
        targets[at + n] = (targets[at + n] as number) + factor * (errors[source + n] as number);
      }
    }
  }

  /** Finds the parameters of the block at the places [first, last), whose targets are complete but for each other. */
  fit(first: number, last: number): void {
    const { outputs, blockSize } = this.#grid;
    const { order, costs } = this.#feedback;
    const at = Math.floor((order[first] as number) / blockSize) * outputs;
    for (let i = first; i < last; i++) blockImportance[i - first] = costs[i] as number;
    for (let n = 0; n < outputs; n++) {
      for (let i = first; i < last; i++) blockWeights[i - first] = this.#targets[i * outputs + n] as number;
      const { scale, zeroPoint } = searchBlock(last - first, this.#grid);
      this.layer.scales[at + n] = scale;
      this.layer.zeroPoints[at + n] = zeroPoint;
    }
  }

  /** Rounds place `i` with the parameters from `block` on. */
  round(i: number, block: number): void {
    const { outputs, bits } = this.#grid;
    const { codes, scales, zeroPoints } = this.layer;
    const top = (1 << bits) - 1;
    const at = i * outputs;
    const source = (this.#feedback.order[i] as number) * outputs;
    for (let n = 0; n < outputs; n++) {
      const scale = scales[block + n] as number;
      const zeroPoint = zeroPoints[block + n] as number;
      const level = scale === 0 ? 0 : (this.#targets[at + n] as number) / scale + ROUND_F64 - ROUND_F64;
      const code = Math.min(Math.max(level + zeroPoint, 0), top);
      codes[source + n] = code;
      this.#errors[at + n] = (this.#weight[source + n] as number) - (code - zeroPoint) * scale;
    }
  }
}
