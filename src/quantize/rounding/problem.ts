/** What a rounding method is given: a layer, what its inputs are like, and what it should come close to. */
import { hessianOf } from '../../numeric/hessian.ts';
import { type LayerGrid, layerErrors, type RoundedLayer } from '../../numeric/layer.ts';
import { cholesky, solveFactored } from '../../numeric/linalg.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import type { Moments } from './moments.ts';

export interface LayerProblem {
  readonly grid: LayerGrid;
  /** The float weights W, [inputs, outputs]. */
  readonly weight: Float32Array;
  /**
   * The weights T to round, [inputs, outputs]: those with which the layer, reading what rounded layers before it give,
   * comes closest to what it gave in the float model. W itself while its inputs are the float model's.
   */
  readonly target: Float32Array;
  /** Damped second moments of the inputs, [inputs, inputs], their mean diagonal 1 and the damping. */
  readonly hessian: Float64Array;
  readonly damping: number;
  readonly rows: number;
}

/** A problem, and how far any rounding of it is from the float model. */
export interface MeasuredProblem extends LayerProblem {
  /** Squared error of the layer's outputs on the data, relative to the outputs' squares in the float model. */
  error(layer: RoundedLayer): Promise<number>;
}

/** Null when the inputs were zero or not finite throughout. */
export async function problemOf(
  weight: Float32Array,
  moments: Moments,
  grid: LayerGrid,
  engine: MatrixEngine,
): Promise<MeasuredProblem | null> {
  const { size, rows } = moments;
  const hessian = hessianOf({ sum: moments.rounded, rows }, size);
  if (!hessian || grid.inputs !== size) return null;
  const { values, damping } = hessian;
  const measure = await meterOf(weight, moments, grid, engine);
  const target = await targetOf(weight, moments, values, grid, engine);
  if (!target) return null;
  return { grid, weight, target, hessian: values, damping, rows, error: measure };
}

/**
 * argmin over T of |X W - Y T|^2 + damping |W - T|^2, X and Y being the inputs in the float and in the rounded model:
 * T = W + (Y^T Y + damping)^-1 Y^T (X - Y) W. Without it every layer would reproduce its answer to wrong questions
 * (the asymmetric calibration of Li et al., "GPTAQ", 2025, solved in one step).
 */
async function targetOf(
  weight: Float32Array,
  moments: Moments,
  hessian: Float64Array,
  { inputs, outputs }: LayerGrid,
  engine: MatrixEngine,
): Promise<Float32Array | null> {
  if (moments.cross === moments.rounded) return weight;
  const factor = await cholesky(hessian, inputs, engine);
  if (!factor) return null;
  const scale = scaleOf(moments);
  const missing = Float32Array.from(
    moments.cross,
    (value, i) => (value - (moments.rounded[i] as number)) * scale,
  );
  const right = Float64Array.from(await engine.multiply(missing, weight, inputs, inputs, outputs));
  await solveFactored(factor, inputs, right, outputs, engine);
  return weight.map((w, i) => w + (right[i] as number));
}

/** What `hessianOf` multiplies with. */
function scaleOf({ rounded, size }: Moments): number {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += rounded[i * size + i] as number;
  return size / trace;
}

/** |X W - Y Q|^2 = E' Y'Y E + 2 E' Y'(X - Y) W + |(X - Y) W|^2 with E = W - Q: no small difference of large numbers. */
async function meterOf(
  weight: Float32Array,
  { rounded, cross, float, size }: Moments,
  grid: LayerGrid,
  engine: MatrixEngine,
): Promise<MeasuredProblem['error']> {
  const { outputs } = grid;
  const times = (matrix: Float32Array, right: Float32Array): Promise<Float32Array> =>
    engine.multiply(matrix, right, size, size, outputs);
  const own = Float32Array.from(rounded);
  const same = cross === rounded;
  const energy = dot(await times(same ? own : Float32Array.from(float), weight), weight);
  const between = same
    ? null
    : await times(
        Float32Array.from(cross, (value, i) => value - (rounded[i] as number)),
        weight,
      );
  const apart = same ? 0 : dot(await times(differences(rounded, cross, float, size), weight), weight);
  return async (layer) => {
    const errors = layerErrors(weight, layer, grid);
    const quadratic = dot(await times(own, errors), errors);
    const linear = between ? dot(between, errors) : 0;
    return Math.max(quadratic + 2 * linear + apart, 0) / (energy || 1);
  };
}

/** (X - Y)^T (X - Y) */
function differences(
  rounded: Float64Array,
  cross: Float64Array,
  float: Float64Array,
  size: number,
): Float32Array {
  const result = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const at = i * size + j;
      const mixed = (cross[at] as number) + (cross[j * size + i] as number);
      result[at] = (float[at] as number) + (rounded[at] as number) - mixed;
    }
  }
  return result;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
