/** AdaRound: learns for every weight whether to round it up or down, from second moments of the inputs alone. */
import type { LayerGrid, RoundedLayer } from './layer.ts';
import { copyLayer } from './layer.ts';
import type { MatrixEngine } from './matrix-engine.ts';

/** The stretched sigmoid of the paper reaches 0 and 1: it goes from LOW to HIGH and is cut off. */
const LOW = -0.1;
const HIGH = 1.1;

/** Weight of the regularizer against a reconstruction error that is 1 where every weight is half a step off. */
const PRESSURE = 0.02;
const LEARNING_RATE = 0.05;
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
  const state = new Choices(target, start, grid);
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
  readonly #variables: Float32Array;
  readonly #means: Float32Array;
  readonly #squares: Float32Array;
  readonly #errors: Float32Array;
  readonly #size: number;

  constructor(target: Float32Array, { scales, zeroPoints }: RoundedLayer, grid: LayerGrid) {
    const { outputs, blockSize } = grid;
    this.#grid = grid;
    this.#target = target;
    const size = target.length;
    this.#scales = new Float32Array(size);
    this.#floors = new Float32Array(size);
    this.#lowest = new Float32Array(size);
    this.#variables = new Float32Array(size);
    this.#means = new Float32Array(size);
    this.#squares = new Float32Array(size);
    this.#errors = new Float32Array(size);
    let squared = 0;
    for (let i = 0; i < size; i++) {
      const k = Math.floor(i / outputs);
      const block = Math.floor(k / blockSize) * outputs + (i - k * outputs);
      const scale = scales[block] as number;
      const level = scale === 0 ? 0 : (target[i] as number) / scale;
      const floor = Math.floor(level);
      this.#scales[i] = scale;
      this.#floors[i] = floor;
      this.#lowest[i] = -(zeroPoints[block] as number);
      const share = (Math.min(Math.max(level - floor, 0.01), 0.99) - LOW) / (HIGH - LOW);
      this.#variables[i] = -Math.log(1 / share - 1);
      squared += scale * scale;
    }
    this.#size = squared / size || 1;
  }

  /** W - Q with levels between the codes. */
  errors(): Float32Array {
    const top = (1 << this.#grid.bits) - 1;
    for (let i = 0; i < this.#errors.length; i++) {
      const lowest = this.#lowest[i] as number;
      const level = (this.#floors[i] as number) + stretched(this.#variables[i] as number);
      const kept = Math.min(Math.max(level, lowest), lowest + top);
      this.#errors[i] = (this.#target[i] as number) - kept * (this.#scales[i] as number);
    }
    return this.#errors;
  }

  /**
   * One step of Adam.
   * @param slopes H (W - Q)
   * @param beta the exponent of the regularizer, null while it rests
   */
  step(slopes: Float32Array, beta: number | null, turn: number): void {
    const top = (1 << this.#grid.bits) - 1;
    const rate = (LEARNING_RATE * Math.sqrt(1 - 0.999 ** turn)) / (1 - 0.9 ** turn);
    const factor = -2 / this.#size;
    const pressures = beta === null ? null : pressuresAt(beta);
    for (let i = 0; i < slopes.length; i++) {
      const variable = this.#variables[i] as number;
      const sigmoid = 1 / (1 + Math.exp(-variable));
      const up = sigmoid * (HIGH - LOW) + LOW;
      // Beyond the ends of the sigmoid, and of the codes, nothing changes.
      if (up <= 0 || up >= 1) continue;
      const level = (this.#floors[i] as number) + up - (this.#lowest[i] as number);
      let slope =
        level <= 0 || level >= top ? 0 : factor * (this.#scales[i] as number) * (slopes[i] as number);
      if (pressures) slope += pressures[Math.round(up * PRESSURES)] as number;
      slope *= sigmoid * (1 - sigmoid) * (HIGH - LOW);
      const mean = 0.9 * (this.#means[i] as number) + 0.1 * slope;
      const square = 0.999 * (this.#squares[i] as number) + 0.001 * slope * slope;
      this.#means[i] = mean;
      this.#squares[i] = square;
      this.#variables[i] = variable - (rate * mean) / (Math.sqrt(square) + 1e-8);
    }
  }

  result(start: RoundedLayer): RoundedLayer {
    const layer = copyLayer(start);
    const top = (1 << this.#grid.bits) - 1;
    for (let i = 0; i < layer.codes.length; i++) {
      const up = stretched(this.#variables[i] as number) >= 0.5 ? 1 : 0;
      const code = (this.#floors[i] as number) + up - (this.#lowest[i] as number);
      layer.codes[i] = Math.min(Math.max(code, 0), top);
    }
    return layer;
  }
}

/** h(V), equation 23. */
function stretched(variable: number): number {
  return Math.min(Math.max((1 / (1 + Math.exp(-variable))) * (HIGH - LOW) + LOW, 0), 1);
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
