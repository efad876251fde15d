/** Weights and biases of integer kernels: int8 codes and int32 biases behind DequantizeLinear, once per constant. */
import { int } from '../../ir/attribute.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { channelScaleZeroPoint, scaleZeroPoint } from '../../numeric/affine.ts';
import { channelLayout, channelRanges, rangeOf } from '../../numeric/range.ts';
import { roundHalfEven } from '../../numeric/rounding.ts';
import { channelAxis } from '../../ops/contraction.ts';
import { quantizeWeight } from '../weight.ts';

export interface StaticWeightSpec {
  readonly type: 'int8' | 'uint8';
  readonly reduceRange: boolean;
  readonly perChannel: boolean;
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
    const bias = biasIndex === null ? null : node.input(biasIndex);
    const axis = this.spec.perChannel ? channelAxis(node, weightIndex) : null;
    const scales = this.#scales(value.tensor, axis, bias?.tensor ?? null, inputScale);
    node.setInput(weightIndex, floatsFor(node, this.#weight(value, value.tensor, axis, scales)));
    this.retired.add(value);
    if (bias?.tensor && biasIndex !== null) {
      node.setInput(biasIndex, floatsFor(node, this.#bias(bias, bias.tensor, scales, inputScale)));
      this.retired.add(bias);
    }
  }

  /**
   * Symmetric scales. A scale is widened where inputScale * scale, the step of the bias, could not hold the bias in
   * int32; a channel of zeros, which any scale suits, takes one that gives the bias a fine step.
   */
  #scales(tensor: Tensor, axis: number | null, bias: Tensor | null, inputScale: number): Float32Array {
    const values = floatsOf(tensor);
    const rule = { type: 'int8', symmetric: true, reduceRange: this.spec.reduceRange } as const;
    const layout = axis === null ? null : channelLayout(tensor.dims, axis);
    const ranges = layout ? channelRanges(values, layout) : null;
    const whole = ranges ? null : rangeOf(values);
    const scales = ranges
      ? channelScaleZeroPoint(ranges, rule).scales
      : Float32Array.of(scaleZeroPoint(whole?.min ?? 0, whole?.max ?? 0, rule).scale);
    if (!bias) return scales;
    const biases = floatsOf(bias);
    for (const [c, b] of biases.entries()) {
      const channel = scales.length === 1 ? 0 : c;
      const empty = ranges ? ranges.min[c] === 0 && ranges.max[c] === 0 : false;
      if (empty) scales[channel] = Math.fround(Math.max(Math.abs(b) / inputScale / 2 ** 24, 1e-30));
      const least = (Math.abs(b) * 1.0001) / INT32 / inputScale;
      if ((scales[channel] as number) < least) scales[channel] = Math.fround(least);
    }
    return scales;
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
