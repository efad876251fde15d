/** Codes and scales of constants, as onnxruntime's static quantizer makes them, with its guard for int32 biases. */
import { floatsOf } from '../../../ir/floats.ts';
import type { Value } from '../../../ir/value.ts';
import { type AffineParams, channelScaleZeroPoint, scaleZeroPoint } from '../../../numeric/affine.ts';
import type { IntegerType } from '../../../numeric/integer.ts';
import { channelLayout, channelRanges, rangeOf } from '../../../numeric/range.ts';
import type { Marks } from './marks.ts';
import type { ParitySpec } from './spec.ts';

/** One scale and zero point, or those of every channel. */
export interface ConstantParams {
  readonly type: IntegerType;
  readonly symmetric: boolean;
  readonly axis: number | null;
  /** [1] or [channels] */
  readonly scales: Float32Array;
  readonly zeroPoints: Int32Array;
}

/** Parameters of every constant that is marked. */
export function constantParams(marks: Marks, spec: ParitySpec): Map<Value, ConstantParams> {
  const found = new Map<Value, ConstantParams>();
  for (const [value, mark] of marks.tensors) {
    if (!value.tensor || mark.kind === 'shared') continue;
    const { type, symmetric } =
      mark.kind === 'weight'
        ? { type: spec.weightType, symmetric: spec.weightSymmetric }
        : { type: spec.activation.type, symmetric: spec.activation.symmetric };
    const axis = mark.kind === 'weight' ? mark.axis : null;
    const rule = { type, symmetric: symmetric || axis !== null, reduceRange: spec.reduceRange };
    const values = floatsOf(value.tensor);
    if (axis === null) {
      const { min, max } = rangeOf(values);
      const { scale, zeroPoint } = scaleZeroPoint(min, max, rule);
      const [scales, zeroPoints] = [Float32Array.of(scale), Int32Array.of(zeroPoint)];
      found.set(value, { ...rule, axis, scales, zeroPoints });
    } else {
      const ranges = channelRanges(values, channelLayout(value.tensor.dims, axis));
      found.set(value, { ...rule, axis, ...channelScaleZeroPoint(ranges, rule) });
    }
  }
  return found;
}

const EPSILON = 1.0001;
/** Steps between the smallest and the largest int32 that is used. */
const STEPS = 2 ** 32 - 2;

/** Widens scales of signed symmetric weights in place where their bias would not fit into int32. */
export function guardBiases(
  marks: Marks,
  constants: ReadonlyMap<Value, ConstantParams>,
  activations: ReadonlyMap<Value, AffineParams>,
): void {
  for (const [bias, { input, weight }] of marks.biases) {
    const weights = constants.get(weight);
    // The input's own scale, even where it ends up with the parameters of another value.
    const inputScale = marks.tensors.has(input) ? activations.get(input)?.scale : undefined;
    if (!weights || inputScale === undefined || !bias.tensor || !isSignedSymmetric(weights)) continue;
    widenForBias(weights.scales, weights.axis !== null, floatsOf(bias.tensor), inputScale);
  }
}

/**
 * Widens scales in place, each for its own bias, or one for the largest. Their tools form the bound of a channel in
 * float32, that of a whole tensor in double precision.
 */
export function widenForBias(
  scales: Float32Array,
  perChannel: boolean,
  biases: Float32Array,
  inputScale: number,
): void {
  if (!perChannel) widen(scales, 0, EPSILON * 2 * largest(biases), inputScale);
  else
    for (const c of scales.keys())
      widen(scales, c, Math.fround(Math.fround(EPSILON) * 2 * Math.abs(biases[c] as number)), inputScale);
}

export function isSignedSymmetric({ type, zeroPoints }: ConstantParams): boolean {
  return (type === 'int8' || type === 'int16') && zeroPoints.every((zero) => zero === 0);
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** @param width of the range that int32 must hold */
function widen(scales: Float32Array, at: number, width: number, inputScale: number): void {
  const scale = scales[at] as number;
  const [least, step] = [width / STEPS, inputScale * scale];
  if (step > 0 && step < least) scales[at] = scale * (least / step);
}
