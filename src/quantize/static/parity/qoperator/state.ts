/** Which values exist as integers while onnxruntime's QOperator rules walk the graph, and the nodes between both worlds. */
import type { Attribute } from '../../../../ir/attribute.ts';
import { int } from '../../../../ir/attribute.ts';
import type { Graph } from '../../../../ir/graph.ts';
import type { Node } from '../../../../ir/node.ts';
import { Tensor } from '../../../../ir/tensor.ts';
import type { Value } from '../../../../ir/value.ts';
import type { AffineParams } from '../../../../numeric/affine.ts';
import { allocateCodes } from '../../../../numeric/integer.ts';
import type { ParitySpec } from '../spec.ts';
import { type Constant, ConstantQuantizer } from './constants.ts';

/** Integers, and what turns them into real numbers. */
export interface Quantized {
  readonly codes: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
  readonly axis: number | null;
}

export type ScaleZero = Pick<Quantized, 'scale' | 'zeroPoint'>;

export interface StateOptions {
  readonly spec: ParitySpec;
  readonly opset: number;
  readonly activations: ReadonlyMap<Value, AffineParams>;
}

export class QOperatorState {
  readonly graph: Graph;
  readonly options: StateOptions;
  readonly constants: ConstantQuantizer;
  readonly #known = new Map<Value, Quantized>();
  readonly #parameters = new Map<Value, ScaleZero>();
  /** Labels of nodes that run on integers now. */
  readonly changed: string[] = [];

  constructor(graph: Graph, options: StateOptions) {
    this.graph = graph;
    this.options = options;
    this.constants = new ConstantQuantizer(graph, options.spec);
  }

  known(value: Value | null): Quantized | null {
    return value ? (this.#known.get(value) ?? null) : null;
  }

  /** Makes `value` stand for integers that exist already. */
  alias(value: Value, quantized: Quantized): void {
    this.#known.set(value, quantized);
  }

  /** Scale and zero point of a computed value as constants, made once; null where its range is unknown. */
  parameters(value: Value | null, fixed?: AffineParams): ScaleZero | null {
    const params = value ? (fixed ?? this.options.activations.get(value)) : undefined;
    if (!value || !params) return null;
    const known = this.#parameters.get(value);
    if (known) return known;
    const { type } = this.options.spec.activation;
    const zero = allocateCodes(type, 1);
    zero[0] = params.zeroPoint;
    const made = {
      zeroPoint: this.graph.addInitializer(`${value.name}_zero_point`, Tensor.of(type, [], zero)),
      scale: this.graph.addInitializer(
        `${value.name}_scale`,
        Tensor.of('float32', [], Float32Array.of(params.scale)),
      ),
    };
    this.#parameters.set(value, made);
    return made;
  }

  /** An input as integers: known ones, a constant in the way given, or behind a QuantizeLinear. Null where it cannot be. */
  input(node: Node, index: number, constant: Constant): Quantized | null {
    const value = node.input(index);
    if (!value) return null;
    const known = this.known(value);
    if (known) return known;
    const made = value.tensor
      ? this.constants.quantize(value, value.tensor, constant)
      : this.#quantize(value, node);
    if (made) this.#known.set(value, made);
    return made;
  }

  /** An input with the type of activations. */
  activation(node: Node, index: number): Quantized | null {
    const { spec } = this.options;
    return this.input(node, index, { type: spec.activation.type, axis: null, reduceRange: false });
  }

  #quantize(value: Value, node: Node): Quantized | null {
    const parameters = this.parameters(value);
    if (!parameters) return null;
    const { scale, zeroPoint } = parameters;
    const codes = this.#codesFor(value, `${value.name}_quantized`);
    this.graph.insertBefore(node, {
      op: 'QuantizeLinear',
      name: `${value.name}_QuantizeLinear`,
      inputs: [value, scale, zeroPoint],
      outputs: [codes],
    });
    return { codes, scale, zeroPoint, axis: null };
  }

  #codesFor(value: Value, name: string): Value {
    const codes = this.graph.value(name);
    codes.type = { dtype: this.options.spec.activation.type, shape: value.type?.shape ?? null };
    return codes;
  }

  /** Puts an integer operator in the place of a node with one output. */
  replace(
    node: Node,
    operator: { readonly op: string; readonly domain: string },
    inputs: readonly (Value | null)[],
    result: ScaleZero,
    attributes: ReadonlyMap<string, Attribute>,
  ): void {
    const output = node.output();
    if (!output) return;
    const codes = this.#codesFor(output, `${output.name}_quantized`);
    this.graph.insertBefore(node, {
      ...operator,
      name: node.name ? `${node.name}_quant` : '',
      inputs,
      outputs: [codes],
      attributes,
    });
    this.changed.push(node.label);
    this.graph.remove(node);
    this.#known.set(output, { ...result, codes, axis: null });
  }

  /** Makes a node write integers: its output stands for them from now on. */
  writes(node: Node, index: number, from: Quantized, suffix = '_quantized'): void {
    const output = node.output(index);
    if (!output) return;
    const codes = this.#codesFor(output, `${output.name}${suffix}`);
    node.setOutput(index, codes);
    output.producer = null;
    this.#known.set(output, { ...from, codes });
  }

  /** Floats of a value that exists as integers only; the DequantizeLinear has the value's own name. */
  restore(value: Value | null): void {
    const known = this.known(value);
    if (!known || !value || value.producer || (value.isGraphInput && !value.tensor)) return;
    if (value.tensor) this.graph.removeInitializer(value);
    this.graph.append({
      op: 'DequantizeLinear',
      name: `${value.name}_DequantizeLinear`,
      inputs: [known.codes, known.scale, known.zeroPoint],
      outputs: [value],
      attributes: new Map(known.axis === null ? [] : [['axis', int(known.axis)]]),
    });
  }

  /** Floats for outputs of the graph and for bodies of control flow. */
  finish(): void {
    for (const value of this.#known.keys())
      if (value.isGraphOutput || value.uses.some(({ node }) => node.graph !== this.graph))
        this.restore(value);
  }
}
