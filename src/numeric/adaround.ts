/** AdaRound: learns for every weight whether to round it up or down, from second moments of the inputs alone. */
import type { LayerGrid, RoundedLayer } from './layer.ts';
import { copyLayer } from './layer.ts';
import type { MatrixEngine } from './matrix-engine.ts';

/** The stretched sigmoid of the paper reaches 0 and 1: it goes from LOW to HIGH and is cut off. */
const LOW = -0.1;
const HIGH = 1.1;

/**
 * Weight of the regularizer, in units of what a whole step of the weight alone would cost: with one for all weights, as
 * in the paper, those of large inputs would never be decided, and those of small ones at once.
 */
const PRESSURE = 0.3;
const LEARNING_RATE = 0.02;
/** Share of the iterations before the regularizer sets in. */
const WARM_UP = 0.2;

/** Multiplications a layer may cost; iterations are as many as that allows, within bounds. */
const BUDGET = 3e11;
const MOST = 250;
const FEWEST = 60;

/**
 * Rounds `target`, [inputs, outputs], to the grid of `start`, whose scales and zero points are kept (Nagel et al., "Up or
 * Down? Adaptive Rounding for Post-Training Quantization", 2020, section 3.3, equations 21 to 25). The reconstruction
 * error of the paper, |X W - X Q|^2, is a quadratic form of W - Q, so that its gradient needs H = X^T X and no X.
 * @param hessian [inputs, inputs], its mean diagonal about 1
 */
export async function adaround(
  target: Float32Array,
  hessian: Float32Array,
  start: RoundedLayer,
  grid: LayerGrid,
  engine: MatrixEngine,
): Promise<RoundedLayer> {
  const { inputs, outputs } = grid;
  const iterations = Math.round(Math.min(Math.max(BUDGET / (inputs * inputs * outputs), FEWEST), MOST));
  const state = new Choices(target, hessian, start, grid);
  for (let turn = 0; turn < iterations; turn++) {
    const slopes = await engine.multiply(hessian, state.errors(), inputs, inputs, outputs);
    const done = turn / iterations;
    const annealed =
      done < WARM_UP ? null : 2 + 18 * (0.5 * (1 + Math.cos(Math.PI * ((done - WARM_UP) / (1 - WARM_UP)))));
    state.step(slopes, annealed, turn + 1);
  }
  return state.result(start);
}

/** The variables V of the paper, one for each weight, and the optimizer (Adam) that moves them. */
class Choices {
  readonly #grid: LayerGrid;
  readonly #target: Float32Array;
  readonly #scales: Float32Array;
  /** Levels when rounded down, and the smallest and largest level there is, all by weight. */
  readonly #floors: Float32Array;
  readonly #lowest: Float32Array;
  /** What a step of each weight alone would cost, scale^2 H_kk, relative to the mean. */
  readonly #curvatures: Float32Array;
  readonly #variables: Float32Array;
  readonly #means: Float32Array;
  readonly #squares: Float32Array;
  readonly #errors: Float32Array;
  /** h(V) before it is cut off. */
  readonly #ups: Float32Array;
  /** Puts slopes into units of the mean curvature, far from the smallest single-precision numbers. */
  readonly #factor: number;

  constructor(
    target: Float32Array,
    hessian: Float32Array,
    { scales, zeroPoints }: RoundedLayer,
    grid: LayerGrid,
  ) {
    const { inputs, outputs, blockSize } = grid;
    this.#grid = grid;
    this.#target = target;
    const size = target.length;
    this.#scales = new Float32Array(size);
    this.#floors = new Float32Array(size);
    this.#lowest = new Float32Array(size);
    this.#curvatures = new Float32Array(size);
    this.#variables = new Float32Array(size);
    this.#means = new Float32Array(size);
    this.#squares = new Float32Array(size);
    this.#errors = new Float32Array(size);
    this.#ups = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      const k = Math.floor(i / outputs);
      const block = Math.floor(k / blockSize) * outputs + (i - k * outputs);
      const scale = scales[block] as number;
      const level = scale === 0 ? 0 : (target[i] as number) / scale;
      const floor = Math.floor(level);
      this.#scales[i] = scale;
      this.#curvatures[i] = scale * scale * (hessian[k * inputs + k] as number);
      this.#floors[i] = floor;
      this.#lowest[i] = -(zeroPoints[block] as number);
      const share = (Math.min(Math.max(level - floor, 0.01), 0.99) - LOW) / (HIGH - LOW);
      this.#variables[i] = -Math.log(1 / share - 1);
    }
    const mean = this.#curvatures.reduce((sum, each) => sum + each, 0) / size || 1;
    this.#factor = 1 / mean;
    for (let i = 0; i < size; i++) this.#curvatures[i] = (this.#curvatures[i] as number) / mean;
  }

  /** W - Q with levels between the codes. */
  errors(): Float32Array {
    const top = (1 << this.#grid.bits) - 1;
    for (let i = 0; i < this.#errors.length; i++) {
      const lowest = this.#lowest[i] as number;
      const up = (HIGH - LOW) / (1 + Math.exp(-(this.#variables[i] as number))) + LOW;
      this.#ups[i] = up;
      const level = (this.#floors[i] as number) + Math.min(Math.max(up, 0), 1);
      const kept = Math.min(Math.max(level, lowest), lowest + top);
      this.#errors[i] = (this.#target[i] as number) - kept * (this.#scales[i] as number);
    }
    return this.#errors;
  }

  /**
   * One step of Adam from where `errors` was asked.
   * @param slopes H (W - Q)
   * @param beta the exponent of the regularizer, null while it rests
   */
  step(slopes: Float32Array, beta: number | null, turn: number): void {
    const top = (1 << this.#grid.bits) - 1;
    const rate = (LEARNING_RATE * Math.sqrt(1 - 0.999 ** turn)) / (1 - 0.9 ** turn);
    const factor = -2 * this.#factor;
    const pressures = beta === null ? null : pressuresAt(beta);
    for (let i = 0; i < slopes.length; i++) {
      const up = this.#ups[i] as number;
      // Beyond the ends of the sigmoid, and of the codes, nothing changes.
      if (up <= 0 || up >= 1) continue;
      const level = (this.#floors[i] as number) + up - (this.#lowest[i] as number);
      let slope =
        level <= 0 || level >= top ? 0 : factor * (this.#scales[i] as number) * (slopes[i] as number);
      if (pressures)
        slope += (this.#curvatures[i] as number) * (pressures[Math.round(up * PRESSURES)] as number);
      // Of the sigmoid: (HIGH - LOW) p (1 - p) with p = (up - LOW) / (HIGH - LOW).
      slope *= ((up - LOW) * (HIGH - up)) / (HIGH - LOW);
      const mean = 0.9 * (this.#means[i] as number) + 0.1 * slope;
      const square = 0.999 * (this.#squares[i] as number) + 0.001 * slope * slope;
      this.#means[i] = mean;
      this.#squares[i] = square;
      this.#variables[i] = (this.#variables[i] as number) - (rate * mean) / (Math.sqrt(square) + 1e-8);
    }
  }

  result(start: RoundedLayer): RoundedLayer {
    const layer = copyLayer(start);
    const top = (1 << this.#grid.bits) - 1;
    for (let i = 0; i < layer.codes.length; i++) {
      const up = (this.#variables[i] as number) >= 0 ? 1 : 0;
      const code = (this.#floors[i] as number) + up - (this.#lowest[i] as number);
      layer.codes[i] = Math.min(Math.max(code, 0), top);
    }
    return layer;
  }
}

/** Steps of the table below, fine against the noise of the data. */
const PRESSURES = 1024;

/** Slopes of PRESSURE (1 - |2h - 1|^beta), equation 24, for h from 0 to 1; a power for every weight would be slow. */
function pressuresAt(beta: number): Float64Array {
  return Float64Array.from({ length: PRESSURES + 1 }, (_, i) => {
    const centred = (2 * i) / PRESSURES - 1;
    return -2 * PRESSURE * beta * Math.abs(centred) ** (beta - 1) * Math.sign(centred);
  });
}
