/** Writes a plan into the model as QuantizeLinear and DequantizeLinear; the graph is to be sorted afterwards. */

import { floatsOf } from '../../ir/floats.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Use, Value } from '../../ir/value.ts';
import type { AffineParams } from '../../numeric/affine.ts';
import { allocateCodes, type IntegerType } from '../../numeric/integer.ts';
import { quantize } from '../../numeric/quantize-linear.ts';
import type { ParameterGroup } from './parameters.ts';
import type { PlannedNode, StaticPlan } from './plan.ts';
import type { StaticWeights } from './weights.ts';

/** Scale and zero point of a group, as numbers and in each graph as constants. */
interface Parameters {
  readonly params: AffineParams;
  readonly name: string;
  readonly inGraph: Map<Graph, readonly [Value, Value]>;
}

/** Places quantizers. Every quantized value has one pair of nodes in each graph that reads it as integers. */
export class Emission {
  readonly #plan: StaticPlan;
  readonly #type: IntegerType;
  readonly #parameters = new Map<Value, Parameters>();
  readonly #constantFloats = new Map<Value, Value>();
  readonly #inBodies = new Map<Value, Map<Graph, Value>>();
  /** Constants replaced by integers. */
  readonly retired = new Set<Value>();

  constructor(
    plan: StaticPlan,
    type: IntegerType,
    groups: readonly (readonly [ParameterGroup, AffineParams])[],
  ) {
    this.#plan = plan;
    this.#type = type;
    for (const [group, params] of groups) {
      const shared: Parameters = { params, name: group.first.name, inGraph: new Map() };
      for (const value of group.members) this.#parameters.set(value, shared);
    }
  }

  /** Edits the model. Weights first: they need the scales of the values they meet. */
  run(weights: StaticWeights): void {
    for (const { node, role } of this.#plan.nodes.values()) {
      if (role.weight === null) continue;
      const data = node.input(role.operands[0] ?? 0);
      if (data) weights.replace(node, role.weight, role.bias, this.#of(data).params.scale);
    }
    for (const node of this.#plan.absorbed) absorb(node);
    const made = new Set<Value>();
    for (const { node, quantizedResult } of this.#plan.nodes.values())
      for (const value of node.outputs)
        if (quantizedResult && value && this.#parameters.has(value)) {
          made.add(value);
          this.#behind(value);
        }
    for (const planned of this.#plan.nodes.values()) this.#before(planned, made);
  }

  #of(value: Value): Parameters {
    const found = this.#parameters.get(value);
    if (!found) throw new Error(`${value.name} has no range`);
    return found;
  }

  /** The result of an integer kernel: everybody reads it from the integers. */
  #behind(value: Value): void {
    const { graph } = value;
    if (value.isGraphOutput) {
      // The name belongs to the output: the kernel writes another value.
      const inner = graph.value(`${value.name}_QuantizeLinear_Input`);
      inner.type = value.type;
      const producer = value.producer;
      const place = producer?.outputs.indexOf(value) ?? -1;
      producer?.setOutput(place, inner);
      value.producer = null;
      const shared = this.#of(value);
      this.#parameters.set(inner, shared);
      this.#pair(inner, graph, value.name, value);
      return;
    }
    const readers = value.uses;
    const floats = this.#pair(value, graph, value.name, null);
    for (const use of readers) {
      const inner = use.node.graph !== graph && this.#quantizes(use) ? use.node.graph : null;
      use.node.setInput(use.index, inner ? this.#again(floats, inner) : floats);
    }
  }

  /** The floats once more for integer kernels in a body: onnxruntime joins nodes of one graph only. */
  #again(floats: Value, graph: Graph): Value {
    const inGraph = this.#inBodies.get(floats) ?? new Map<Graph, Value>();
    this.#inBodies.set(floats, inGraph);
    const known = inGraph.get(graph);
    if (known) return known;
    const made = graph.value(floats.name);
    made.type = floats.type;
    inGraph.set(graph, made);
    graph.append({
      op: 'DequantizeLinear',
      name: graph.uniqueNodeName(floats.producer?.name ?? ''),
      inputs: floats.producer?.inputs ?? [],
      outputs: [made],
    });
    return made;
  }

  /** Operands that are floats so far: quantized in the graph of the kernel that reads them. */
  #before({ node, role }: PlannedNode, made: ReadonlySet<Value>): void {
    const { graph } = node;
    if (!graph) return;
    for (const index of role.operands) {
      const value = node.input(index);
      if (!value || made.has(value) || this.#isDequantized(value)) continue;
      if (value.tensor)
        node.setInput(index, this.#constantFloats.get(value) ?? this.#constant(value, value.tensor));
      else this.#share(value, graph);
    }
  }

  #isDequantized(value: Value): boolean {
    return !this.#parameters.has(value);
  }

  /** One pair for all kernels of a graph that read the value; other readers go on reading floats. */
  #share(value: Value, graph: Graph): void {
    const readers = value.uses.filter((use) => use.node.graph === graph && this.#quantizes(use));
    const floats = this.#pair(value, graph, value.name, null);
    for (const { node, index } of readers) node.setInput(index, floats);
  }

  #quantizes({ node, index }: Use): boolean {
    return this.#plan.nodes.get(node)?.role.operands.includes(index) === true;
  }

  /** QuantizeLinear and DequantizeLinear behind a value; returns the floats they leave. */
  #pair(value: Value, graph: Graph, name: string, into: Value | null): Value {
    const [scale, zeroPoint] = this.#constants(this.#of(value), graph);
    const codes = graph.value(`${name}_QuantizeLinear_Output`);
    codes.type = { dtype: this.#type, shape: value.type?.shape ?? null };
    const floats = into ?? graph.value(`${name}_DequantizeLinear_Output`);
    if (!into) floats.type = value.type;
    graph.append({
      op: 'QuantizeLinear',
      name: graph.uniqueNodeName(`${name}_QuantizeLinear`),
      inputs: [value, scale, zeroPoint],
      outputs: [codes],
    });
    graph.append({
      op: 'DequantizeLinear',
      name: graph.uniqueNodeName(`${name}_DequantizeLinear`),
      inputs: [codes, scale, zeroPoint],
      outputs: [floats],
    });
    return floats;
  }

  /** A constant operand, e.g. of Mul: quantized now, dequantized by a node. */
  #constant(value: Value, tensor: Tensor): Value {
    const { graph, name } = value;
    const shared = this.#of(value);
    const [scale, zeroPoint] = this.#constants(shared, graph);
    const codes = quantize(floatsOf(tensor), this.#type, shared.params);
    const quantized = graph.addInitializer(`${name}_quantized`, Tensor.of(this.#type, tensor.dims, codes));
    const floats = graph.value(`${name}_DequantizeLinear_Output`);
    floats.type = value.type;
    graph.append({
      op: 'DequantizeLinear',
      name: graph.uniqueNodeName(`${name}_DequantizeLinear`),
      inputs: [quantized, scale, zeroPoint],
      outputs: [floats],
    });
    this.retired.add(value);
    this.#constantFloats.set(value, floats);
    return floats;
  }

  #constants(shared: Parameters, graph: Graph): readonly [Value, Value] {
    const known = shared.inGraph.get(graph);
    if (known) return known;
    const { params, name } = shared;
    const zero = allocateCodes(this.#type, 1);
    zero[0] = params.zeroPoint;
    const made = [
      graph.addInitializer(`${name}_scale`, Tensor.of('float32', [], Float32Array.of(params.scale))),
      graph.addInitializer(`${name}_zero_point`, Tensor.of(this.#type, [], zero)),
    ] as const;
    shared.inGraph.set(graph, made);
    return made;
  }
}

/** Takes a node out: what was in front of it makes its output. */
function absorb(node: Node): void {
  const [input, output] = [node.input(0), node.output()];
  const producer = input?.producer;
  if (!input || !output || !producer) return;
  const place = producer.outputs.indexOf(input);
  node.graph?.remove(node);
  producer.setOutput(place, output);
}
