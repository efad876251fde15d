/** Constants as integers in onnxruntime's QOperator format, and int32 biases with the guard against overflow. */
import { floatsOf } from '../../../../ir/floats.ts';
import type { Graph } from '../../../../ir/graph.ts';
import { Tensor } from '../../../../ir/tensor.ts';
import type { Value } from '../../../../ir/value.ts';
import { channelScaleZeroPoint, scaleZeroPoint } from '../../../../numeric/affine.ts';
import { allocateCodes, type IntegerType } from '../../../../numeric/integer.ts';
import { channelLayout, channelRanges, rangeOf } from '../../../../numeric/range.ts';
import { biasCodes } from '../bias.ts';
import { constantCodes } from '../codes.ts';
import { type ConstantParams, isSignedSymmetric, widenForBias } from '../constants.ts';
import type { ParitySpec } from '../spec.ts';
import type { Quantized } from './state.ts';

/** How a constant is quantized. */
export interface Constant {
  readonly type: IntegerType;
  readonly axis: number | null;
  readonly reduceRange: boolean;
}

export class ConstantQuantizer {
  readonly #graph: Graph;
  readonly #spec: ParitySpec;
  /** Weights with their parameters: a bias may widen the scales afterwards. */
  readonly #made = new Map<Value, { readonly tensor: Tensor; readonly params: ConstantParams }>();

  constructor(graph: Graph, spec: ParitySpec) {
    this.#graph = graph;
    this.#spec = spec;
  }

  quantize(value: Value, tensor: Tensor, { type, axis: given, reduceRange }: Constant): Quantized {
    const axis = given !== null && given < 0 ? given + tensor.dims.length : given;
    const { activation, weightType, weightSymmetric } = this.#spec;
    // Per channel the type decides; a constant with the type of weights follows their rule even among activations.
    const own = type === weightType ? weightSymmetric : activation.symmetric;
    const symmetric = axis !== null && type !== weightType ? type.startsWith('int') : own;
    const rule = { type, symmetric, reduceRange: reduceRange && this.#spec.reduceRange };
    const params = { ...rule, axis, ...numbersOf(tensor, axis, rule) };
    this.#made.set(value, { tensor, params });
    const zeros = allocateCodes(type, params.zeroPoints.length);
    zeros.set(params.zeroPoints);
    const dims = axis === null ? [] : [params.scales.length];
    const { name } = value;
    return {
      scale: this.#graph.addInitializer(`${name}_scale`, Tensor.of('float32', dims, params.scales)),
      zeroPoint: this.#graph.addInitializer(`${name}_zero_point`, Tensor.of(type, dims, zeros)),
      codes: this.#graph.addInitializer(`${name}_quantized`, constantCodes(tensor, params)),
      axis,
    };
  }

  /** int32 codes with step scale(input) * scale(weight) * beta; widens the weight's scales first where they must be. */
  bias(
    value: Value,
    tensor: Tensor,
    from: {
      readonly input: Quantized;
      readonly weight: Quantized;
      readonly source: Value;
      readonly beta: number;
    },
  ): Quantized {
    const { input, weight, source, beta } = from;
    const inputScale = Number(input.scale.tensor?.array()[0]);
    const made = this.#made.get(source);
    if (made && made.params.type === 'int8' && isSignedSymmetric(made.params)) {
      const { scales } = made.params;
      const before = scales.slice();
      widenForBias(scales, made.params.axis !== null, floatsOf(tensor), inputScale);
      if (scales.some((scale, at) => scale !== before[at])) {
        weight.scale.tensor = Tensor.of('float32', weight.scale.tensor?.dims ?? [], scales.slice());
        weight.codes.tensor = constantCodes(made.tensor, made.params);
      }
    }
    const weightScales = Float32Array.from(weight.scale.tensor?.array() ?? [], Number);
    const { name } = value;
    const { codes, scales } = biasCodes(floatsOf(tensor), inputScale, weightScales, beta);
    const count = scales.length;
    return {
      codes: this.#graph.addInitializer(`${name}_quantized`, Tensor.of('int32', tensor.dims, codes)),
      scale: this.#graph.addInitializer(`${name}_quantized_scale`, Tensor.of('float32', [count], scales)),
      zeroPoint: this.#graph.addInitializer(
        `${name}_quantized_zero_point`,
        Tensor.of('int32', count > 1 ? [count] : [], new Int32Array(count)),
      ),
      axis: count > 1 ? 0 : null,
    };
  }
}

function numbersOf(
  tensor: Tensor,
  axis: number | null,
  rule: { readonly type: IntegerType; readonly symmetric: boolean; readonly reduceRange: boolean },
): Pick<ConstantParams, 'scales' | 'zeroPoints'> {
  const values = floatsOf(tensor);
  if (axis !== null)
    return channelScaleZeroPoint(channelRanges(values, channelLayout(tensor.dims, axis)), rule);
  const { min, max } = rangeOf(values);
  const { scale, zeroPoint } = scaleZeroPoint(min, max, rule);
  return { scales: Float32Array.of(scale), zeroPoints: Int32Array.of(zeroPoint) };
}
