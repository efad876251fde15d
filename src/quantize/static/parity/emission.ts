/** Writes what was marked into the graph with the names of onnxruntime's static quantizer; types of its tensors too. */
import { int } from '../../../ir/attribute.ts';
import { floatsOf } from '../../../ir/floats.ts';
import type { Graph } from '../../../ir/graph.ts';
import { Tensor } from '../../../ir/tensor.ts';
import type { Value } from '../../../ir/value.ts';
import type { AffineParams } from '../../../numeric/affine.ts';
import { allocateCodes, type IntegerType } from '../../../numeric/integer.ts';
import { biasCodes } from './bias.ts';
import { constantCodes } from './codes.ts';
import type { ConstantParams } from './constants.ts';
import type { BiasMark, Marks } from './marks.ts';

/** Scale and zero point as constants of the graph, and the scale's numbers. */
interface Parameters {
  readonly scale: Value;
  readonly zeroPoint: Value;
  /** [1] or [channels] */
  readonly scales: Float32Array;
}

export class ParityEmission {
  readonly #marks: Marks;
  readonly #graph: Graph;
  readonly #type: IntegerType;
  /** Domain of the nodes: ai.onnx has no 16-bit codes before opset 21. */
  readonly #domain: string;
  readonly #done = new Map<Value, Parameters>();
  /** Labels of what was quantized. */
  readonly changed: string[] = [];

  constructor(marks: Marks, type: IntegerType, domain: string) {
    this.#marks = marks;
    this.#graph = marks.graph;
    this.#type = type;
    this.#domain = domain;
  }

  /** Constants and values with parameters of their own, then values that share, then biases. */
  run(constants: ReadonlyMap<Value, ConstantParams>, activations: ReadonlyMap<Value, AffineParams>): void {
    for (const [value, mark] of this.#marks.tensors) {
      if (mark.kind === 'shared') continue;
      const constant = constants.get(value);
      const params = activations.get(value);
      if (constant && value.tensor) this.#constant(value, value.tensor, constant);
      else if (params && !this.#marks.dequantized.has(value)) this.#pair(value, this.#own(value, params));
    }
    while (this.#shareOnce()) {
      // What one round quantized, the next may share.
    }
    for (const [value, mark] of this.#marks.biases) if (!this.#done.has(value)) this.#bias(value, mark);
  }

  /** Quantizes values whose provider is; false when there was none. */
  #shareOnce(): boolean {
    let found = false;
    for (const [value, mark] of this.#marks.tensors) {
      const shared = mark.kind === 'shared' && !this.#done.has(value) ? this.#done.get(mark.from) : undefined;
      if (!shared) continue;
      this.#pair(value, shared);
      found = true;
    }
    return found;
  }

  #own(value: Value, { scale, zeroPoint }: AffineParams): Parameters {
    const zero = allocateCodes(this.#type, 1);
    zero[0] = zeroPoint;
    const scales = Float32Array.of(scale);
    return {
      zeroPoint: this.#graph.addInitializer(`${value.name}_zero_point`, Tensor.of(this.#type, [], zero)),
      scale: this.#graph.addInitializer(`${value.name}_scale`, Tensor.of('float32', [], scales)),
      scales,
    };
  }

  /** Behind a value; at an output of the graph its name goes to the end, and everybody reads it there. */
  #pair(value: Value, params: Parameters): void {
    const graph = this.#graph;
    const { name, type } = value;
    const codes = graph.value(`${name}_QuantizeLinear_Output`);
    codes.type = { dtype: this.#type, shape: type?.shape ?? null };
    let [floats, restored] = [value, value];
    const producer = value.producer;
    if (value.isGraphOutput && producer) {
      floats = graph.value(`${name}_QuantizeLinear_Input`);
      floats.type = type;
      producer.setOutput(producer.outputs.indexOf(value), floats);
    } else {
      restored = graph.value(`${name}_DequantizeLinear_Output`);
      restored.type = type;
      for (const { node, index } of this.#marks.readers(value)) node.setInput(index, restored);
    }
    this.#node('QuantizeLinear', name, [floats, params], codes);
    this.#node('DequantizeLinear', name, [codes, params], restored);
    this.#done.set(value, params);
    this.changed.push(name);
  }

  #constant(value: Value, tensor: Tensor, params: ConstantParams): void {
    const graph = this.#graph;
    const { name } = value;
    const { type, axis, scales } = params;
    const dims = axis === null ? [] : [scales.length];
    const zeros = allocateCodes(type, params.zeroPoints.length);
    zeros.set(params.zeroPoints);
    const made: Parameters = {
      zeroPoint: graph.addInitializer(`${name}_zero_point`, Tensor.of(type, dims, zeros)),
      scale: graph.addInitializer(`${name}_scale`, Tensor.of('float32', dims, scales)),
      scales,
    };
    const codes = graph.addInitializer(`${name}_quantized`, constantCodes(tensor, params));
    const restored = graph.value(`${name}_DequantizeLinear_Output`);
    restored.type = { dtype: 'float32', shape: tensor.dims };
    for (const { node, index } of this.#marks.readers(value)) node.setInput(index, restored);
    this.#node('DequantizeLinear', name, [codes, made], restored, axis);
    this.#done.set(value, made);
    this.changed.push(name);
  }

  /** int32 codes; the DequantizeLinear behind them has the bias's own name. */
  #bias(value: Value, { input, weight, beta }: BiasMark): void {
    const graph = this.#graph;
    const [inputs, weights] = [this.#done.get(input), this.#done.get(weight)];
    const { tensor, name } = value;
    if (!tensor || !inputs || !weights) return;
    const [inputScale = 1] = inputs.scales;
    const { codes, scales } = biasCodes(floatsOf(tensor), inputScale, weights.scales, beta);
    const count = scales.length;
    const quantized = graph.addInitializer(`${name}_quantized`, Tensor.of('int32', tensor.dims, codes));
    const made: Parameters = {
      scale: graph.addInitializer(`${name}_quantized_scale`, Tensor.of('float32', [count], scales)),
      zeroPoint: graph.addInitializer(
        `${name}_quantized_zero_point`,
        Tensor.of('int32', count > 1 ? [count] : [], new Int32Array(count)),
      ),
      scales,
    };
    graph.removeInitializer(value);
    value.type = { dtype: 'float32', shape: tensor.dims };
    this.#node('DequantizeLinear', name, [quantized, made], value, count > 1 ? 0 : null);
    this.#done.set(value, made);
  }

  #node(
    op: string,
    name: string,
    [input, { scale, zeroPoint }]: readonly [Value, Parameters],
    output: Value,
    axis: number | null = null,
  ): void {
    this.#graph.append({
      op,
      domain: this.#domain,
      name: `${name}_${op}`,
      inputs: [input, scale, zeroPoint],
      outputs: [output],
      attributes: new Map(axis === null ? [] : [['axis', int(axis)]]),
    });
  }
}
