/** Weights and biases of integer kernels: int8 codes and int32 biases behind DequantizeLinear, once per constant. */
import { int } from '../../ir/attribute.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { channelScaleZeroPoint, scaleZeroPoint } from '../../numeric/affine.ts';
import { pairScales } from '../../numeric/pair-scale.ts';
import { channelLayout, channelRanges, rangeOf } from '../../numeric/range.ts';
import { roundHalfEven } from '../../numeric/rounding.ts';
import { channelAxis, contractionAxes } from '../../ops/contraction.ts';
import { quantizeWeight } from '../weight.ts';
import { summation } from './saturation.ts';

export interface StaticWeightSpec {
  readonly type: 'int8' | 'uint8';
  readonly reduceRange: boolean;
  /** Instead of the above: the codes of neighbours that kernels add in 16 bits sum up to 128 at most. */
  readonly boundPairs: boolean;
  readonly perChannel: boolean;
  /** A bias that int32 has no room for stays float, instead of a coarser weight: no kernel wants it as integers. */
  readonly floatBias?: boolean;
}

/** Integers of a constant: what DequantizeLinear reads. */
export interface StaticConstant {
  readonly name: string;
  readonly dims: readonly number[];
  /** Codes, scale, zero point. */
  readonly inputs: readonly Value[];
  readonly axis: number | null;
  /** Floats made from them, by the graph that reads them: onnxruntime joins nodes of one graph only. */
  readonly floats: Map<Graph, Value>;
}

const INT32 = 2 ** 31 - 1;
/** The smallest normal float32: nothing can be divided by less. */
const SMALLEST = 2 ** -126;

/** Quantizes weights with the bias in view: the product of both scales must be able to express it. */
export class StaticWeights {
  /** Constants replaced by integers; dropped when nothing else uses them. */
  readonly retired = new Set<Value>();
  readonly spec: StaticWeightSpec;
  readonly #made = new Map<string, StaticConstant>();
  readonly #ids = new Map<Value, number>();

  constructor(spec: StaticWeightSpec) {
    this.spec = spec;
  }

  /** What was made of a constant: more than one where biases wanted scales of their own. */
  madeOf(value: Value): readonly StaticConstant[] {
    const id = this.#ids.get(value);
    return id === undefined
      ? []
      : [...this.#made].flatMap(([key, made]) => (key.startsWith(`${id}:`) ? [made] : []));
  }

  /**
   * Makes the node read its weight, and its bias if there is one, from integers.
   * @param inputScale scale of the data the weight is multiplied with
   */
  replace(node: Node, weightIndex: number, biasIndex: number | null, inputScale: number): void {
    const value = node.input(weightIndex);
    if (!value?.tensor) throw new Error(`${node.label}: input ${weightIndex} is no constant`);
    const axis = this.spec.perChannel ? kernelAxis(node, weightIndex) : null;
    const own = weightScales(node, weightIndex, axis, this.spec);
    const given = biasIndex === null ? null : node.input(biasIndex);
    const bias =
      this.spec.floatBias && given?.tensor && isWidened(own, given.tensor, inputScale) ? null : given;
    const scales = withBias(own, bias?.tensor ?? null, inputScale);
    node.setInput(weightIndex, floatsFor(node, this.#weight(value, value.tensor, axis, scales)));
    this.retired.add(value);
    if (bias?.tensor && biasIndex !== null) {
      node.setInput(biasIndex, floatsFor(node, this.#bias(bias, bias.tensor, scales, inputScale)));
      this.retired.add(bias);
    }
  }

  #weight(value: Value, tensor: Tensor, axis: number | null, scales: Float32Array): StaticConstant {
    const id = this.#ids.get(value) ?? this.#ids.size;
    this.#ids.set(value, id);
    const key = `${id}:${axis}:${Buffer.from(scales.buffer, scales.byteOffset, scales.byteLength).toString('base64')}`;
    const known = this.#made.get(key);
    if (known) return known;
    const { type, reduceRange } = this.spec;
    const { codes, scale, zeroPoint } = quantizeWeight(tensor, {
      type,
      symmetric: true,
      moved: true,
      reduceRange,
      axis,
      scales,
    });
    const { graph, name } = value;
    const inputs = [
      graph.addInitializer(`${name}_quantized`, codes),
      graph.addInitializer(`${name}_scale`, scale),
      graph.addInitializer(`${name}_zero_point`, zeroPoint),
    ];
    const made = { name, dims: tensor.dims, inputs, axis, floats: new Map<Graph, Value>() };
    this.#made.set(key, made);
    return made;
  }

  /** round(bias / (inputScale * weightScale)) as int32, with these scales. */
  #bias(value: Value, tensor: Tensor, weightScales: Float32Array, inputScale: number): StaticConstant {
    const biases = floatsOf(tensor);
    const scales = weightScales.map((scale) => Math.fround(inputScale) * scale);
    const codes = new Int32Array(biases.length);
    for (const [c, bias] of biases.entries()) {
      const scale = scales[scales.length === 1 ? 0 : c] as number;
      codes[c] = Math.max(-INT32, Math.min(INT32, roundHalfEven(bias / scale)));
    }
    const perTensor = scales.length === 1;
    const { graph, name } = value;
    const dims = perTensor ? [] : [scales.length];
    const inputs = [
      graph.addInitializer(`${name}_quantized`, Tensor.of('int32', tensor.dims, codes)),
      graph.addInitializer(`${name}_quantized_scale`, Tensor.of('float32', dims, scales)),
      graph.addInitializer(
        `${name}_quantized_zero_point`,
        Tensor.of('int32', dims, new Int32Array(scales.length)),
      ),
    ];
    const axis = perTensor ? null : tensor.dims.length - 1;
    return { name, dims: tensor.dims, inputs, axis, floats: new Map() };
  }
}

/** The axis along which integer kernels take a scale for each channel: none for stacks of matrices. */
export function kernelAxis(node: Node, index: number): number | null {
  const stack = contractionAxes(node, index).length === 1 && (node.input(index)?.rank ?? 0) > 2;
  return stack ? null : channelAxis(node, index);
}

/** Symmetric scales of a constant, one for each index of `axis`, or one; 0 for a channel of zeros, which any suits. */
export function weightScales(
  node: Node,
  index: number,
  axis: number | null,
  { reduceRange, boundPairs }: Pick<StaticWeightSpec, 'reduceRange' | 'boundPairs'>,
): Float32Array {
  const tensor = node.constant(index);
  if (!tensor) throw new Error(`${node.label}: input ${index} is no constant`);
  const values = floatsOf(tensor);
  const pairs = boundPairs ? summation(node, index, axis) : null;
  if (pairs) return pairScales(values, pairs);
  const rule = { type: 'int8', symmetric: true, reduceRange: reduceRange && !boundPairs } as const;
  if (axis === null) {
    const { min, max } = rangeOf(values);
    return Float32Array.of(min === 0 && max === 0 ? 0 : scaleZeroPoint(min, max, rule).scale);
  }
  const { min, max } = channelRanges(values, channelLayout(tensor.dims, axis));
  const { scales } = channelScaleZeroPoint({ min, max }, rule);
  return scales.map((scale, c) => (min[c] === 0 && max[c] === 0 ? 0 : scale));
}

/**
 * Scales that suit the bias, too: widened where inputScale * scale, the step of the bias, could not hold it in int32.
 * A channel of zeros takes one that gives the bias a fine step.
 */
function withBias(scales: Float32Array, bias: Tensor | null, inputScale: number): Float32Array {
  const suited = scales.slice();
  for (const [c, b] of (bias ? floatsOf(bias) : []).entries()) {
    const channel = scales.length === 1 ? 0 : c;
    const empty = scales[channel] === 0;
    if (empty) suited[channel] = Math.fround(Math.max(Math.abs(b) / inputScale / 2 ** 24, 1e-30));
    const least = (Math.abs(b) * 1.0001) / INT32 / inputScale;
    if ((suited[channel] as number) < least) suited[channel] = Math.fround(least);
  }
  return suited.map((scale) => (scale < SMALLEST ? 1 : scale));
}

/** Whether int32 codes of the bias would make the steps of a weight coarser. */
function isWidened(scales: Float32Array, bias: Tensor, inputScale: number): boolean {
  return withBias(scales, bias, inputScale).some((scale, c) => {
    const own = scales[c] as number;
    return own !== 0 && scale > own;
  });
}

/** The floats that a node reads, made in its own graph. */
function floatsFor(node: Node, { name, dims, inputs, axis, floats }: StaticConstant): Value {
  const { graph } = node;
  if (!graph) throw new Error(`${node.label} is in no graph`);
  const known = floats.get(graph);
  if (known) return known;
  const made = graph.value(`${name}_DequantizeLinear_Output`);
  made.type = { dtype: 'float32', shape: dims };
  floats.set(graph, made);
  graph.prepend({
    op: 'DequantizeLinear',
    name: graph.uniqueNodeName(`${name}_DequantizeLinear`),
    inputs,
    outputs: [made],
    attributes: new Map(axis === null ? [] : [['axis', int(axis)]]),
  });
  return made;
}
