/** Shared state of dynamic int8: activations quantized once per value, weights once per constant. */
import { int, ints } from '../../ir/attribute.ts';
import { DTYPES, type DType } from '../../ir/dtype.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { Emitter } from '../emit.ts';
import type { Outcome } from '../outcome.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { tiedAxes } from '../tied.ts';
import { quantizeWeight, type WeightSpec } from '../weight.ts';

/** A value as integers: codes with the scale and zero point that turn them back. */
export interface Quantized {
  readonly codes: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
}

/** Codes around zero or, unsigned, around 128; the axis with scales of its own. */
export interface AdoptedSpec {
  readonly type: 'int8' | 'uint8';
  readonly axis: number | null;
}

export class DynamicQuantizer {
  readonly model: Model;
  readonly options: SchemeOptions;
  readonly outcome: Outcome;
  /** Float constants that were quantized; dropped at the end when nothing uses them. */
  readonly retired = new Set<Value>();
  /** Work that depends on what the rest of the graph turned into; run once at the end. */
  readonly deferred: (() => void)[] = [];
  /** Constants with several users and the axis of their scales; onnxruntime's tools know nothing of such ties. */
  readonly #tied: ReadonlyMap<Value, number | null>;
  readonly #activations = new Map<Graph, Map<Value, Quantized>>();
  readonly #weights = new Map<Value, Map<string, Map<number, Quantized>>>();
  readonly #adopted = new Map<Value, { readonly quantized: Quantized; readonly spec: AdoptedSpec }>();
  readonly #transposed = new Map<Graph, Map<Value, Value>>();

  constructor(model: Model, options: SchemeOptions, outcome: Outcome) {
    this.model = model;
    this.options = options;
    this.outcome = outcome;
    this.#tied = options.parity ? new Map() : tiedAxes(model);
  }

  /** Codes that a constant has already, for those who look rows up in it. */
  adopt(value: Value, quantized: Quantized, spec: AdoptedSpec): void {
    this.#adopted.set(value, { quantized, spec });
    this.retired.add(value);
  }

  /** How the codes of an adopted constant are; undefined for others. */
  adoptedSpec(value: Value): AdoptedSpec | undefined {
    return this.#adopted.get(value)?.spec;
  }

  /** True for a constant that had several users when the scheme began: its codes must serve them all. */
  isTied(value: Value): boolean {
    return this.#tied.has(value);
  }

  /** The axis of a constant with a scale for each index: `own` unless scales per tensor or other users forbid it. */
  scaleAxis(value: Value, own: number | null): number | null {
    const { perChannel, symmetric } = this.options;
    if (!perChannel) return null;
    if (!this.isTied(value)) return own;
    // Rows that are looked up are symmetric; without symmetry only scales of the whole tensor suit everybody.
    return symmetric !== false && this.#tied.get(value) === own ? own : null;
  }

  /**
   * The uint8 form of a float32 value, made in front of its first consumer in each graph and shared by the others.
   * Names as onnxruntime's: `x_quantized`, `x_scale`, `x_zero_point`, node `x_QuantizeLinear`.
   */
  activation(value: Value, consumer: Node): Quantized {
    const emitter = new Emitter(consumer);
    const known = this.#activations.get(emitter.graph) ?? new Map<Value, Quantized>();
    this.#activations.set(emitter.graph, known);
    const present = known.get(value);
    if (present) return present;
    const { graph } = emitter;
    const made: Quantized = {
      codes: graph.value(`${value.name}_quantized`),
      scale: graph.value(`${value.name}_scale`),
      zeroPoint: graph.value(`${value.name}_zero_point`),
    };
    emitter.into('DynamicQuantizeLinear', [value], [made.codes, made.scale, made.zeroPoint], {
      name: `${value.name}_QuantizeLinear`,
    });
    known.set(value, made);
    return made;
  }

  /** Registers a value that exists as integers already, so that consumers need not quantize it again. */
  provide(graph: Graph, value: Value, quantized: Quantized): void {
    const known = this.#activations.get(graph) ?? new Map<Value, Quantized>();
    known.set(value, quantized);
    this.#activations.set(graph, known);
  }

  /** The integers that exist already for a value: of a constant, or provided in this graph. */
  present(graph: Graph, value: Value): Quantized | null {
    const [weight] = this.#weights.get(value)?.values() ?? [];
    return this.#activations.get(graph)?.get(value) ?? weight?.get(1) ?? null;
  }

  /** A node now makes the integers of what was its output; floats come back only for those who still read them. */
  hand(node: Node, graph: Graph, output: Value, { scale, zeroPoint }: Quantized): void {
    const codes = graph.value(`${output.name}_quantized`);
    node.setOutput(0, codes);
    output.producer = null;
    this.provide(graph, output, { codes, scale, zeroPoint });
    this.deferred.push(() => {
      if (output.useCount === 0 && !output.isGraphOutput) return;
      graph.insertAfter(node, {
        op: 'DequantizeLinear',
        name: `${output.name}_DequantizeLinear`,
        inputs: [codes, scale, zeroPoint],
        outputs: [output],
      });
    });
  }

  /**
   * The integer form of a constant, beside the constant itself. Codes and zero points are made once for all users that
   * want them alike; a factor (Gemm's alpha) makes scales of its own, which is cheap.
   */
  weight(value: Value, spec: WeightSpec): Quantized {
    if (!value.tensor) throw new Error(`${value.name} is no constant`);
    const adopted = this.#adopted.get(value);
    if (adopted) return adopted.quantized;
    const { factor = 1, ...plain } = spec;
    const known = this.#weights.get(value) ?? new Map<string, Map<number, Quantized>>();
    this.#weights.set(value, known);
    const key = JSON.stringify(plain);
    const byFactor = known.get(key) ?? new Map<number, Quantized>();
    known.set(key, byFactor);
    const present = byFactor.get(factor);
    if (present) return present;
    const tensors = quantizeWeight(value.tensor, { ...spec, moved: !this.options.parity });
    const { graph, name } = value;
    const [shared] = byFactor.values();
    const codes = shared?.codes ?? graph.addInitializer(`${name}_quantized`, tensors.codes);
    const scale = graph.addInitializer(`${name}_scale`, tensors.scale);
    const zeroPoint = shared?.zeroPoint ?? graph.addInitializer(`${name}_zero_point`, tensors.zeroPoint);
    const made: Quantized = { codes, scale, zeroPoint };
    byFactor.set(factor, made);
    this.retired.add(value);
    return made;
  }

  /** A matrix on its side, made in front of its first consumer in each graph and shared by the others. */
  transposed(value: Value, consumer: Node): Value {
    const emitter = new Emitter(consumer);
    const known = this.#transposed.get(emitter.graph) ?? new Map<Value, Value>();
    this.#transposed.set(emitter.graph, known);
    const present = known.get(value);
    if (present) return present;
    const attributes = { perm: ints([1, 0]) };
    const made = emitter.op('Transpose', [value], `${value.name}_transposed`, { attributes });
    known.set(value, made);
    return made;
  }

  /** Cast to the float type and multiply by the scales: int32 products back to real numbers. */
  rescale(
    nodeName: string,
    emitter: Emitter,
    product: Value,
    scales: readonly [Value, Value],
    target: Value,
    dtype: DType,
  ): void {
    const quantName = nodeName ? `${nodeName}_quant` : '';
    const cast = emitter.op('Cast', [product], `${product.name}_cast_output`, {
      name: `${product.name}_cast`,
      attributes: { to: int(DTYPES[dtype].code) },
    });
    // Made for every product alone, although equal ones exist: runtimes fuse only what nobody else reads.
    const scaleName = quantName ? `${quantName}_scales_mul` : `${scales[0].name}_${scales[1].name}_mul`;
    const scale = emitter.op('Mul', scales, `${scaleName}:0`, { name: scaleName });
    emitter.into('Mul', [cast, scale], [target], {
      name: quantName ? `${quantName}_output_scale_mul` : '',
    });
  }
}
