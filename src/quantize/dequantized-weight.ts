/** Weight-only int8: the constant becomes integers with one DequantizeLinear in front of its consumers. */
import { int } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { quantizeWeight, type WeightSpec } from './weight.ts';

/** Replaces constants by `DequantizeLinear(codes)`, once for each graph that uses them. */
export class DequantizedWeights {
  readonly retired = new Set<Value>();
  readonly #model: Model;
  readonly #made = new Map<Value, { codes: Value; scale: Value; zeroPoint: Value; floats: Value }>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** Makes `node` read input `index` through a DequantizeLinear placed first in the constant's own graph. */
  replace(node: Node, index: number, spec: WeightSpec): void {
    const value = node.input(index);
    if (!value?.tensor) throw new Error(`${node.label}: input ${index} is no constant`);
    const made = this.#made.get(value) ?? this.#make(value, spec);
    this.#made.set(value, made);
    node.setInput(index, made.floats);
    this.retired.add(value);
  }

  #make(value: Value, spec: WeightSpec): { codes: Value; scale: Value; zeroPoint: Value; floats: Value } {
    if (!value.tensor) throw new Error(`${value.name} is no constant`);
    const { graph, name, tensor } = value;
    const weight = quantizeWeight(tensor, spec);
    const codes = graph.addInitializer(`${name}_quantized`, weight.codes);
    const scale = graph.addInitializer(`${name}_scale`, weight.scale);
    const zeroPoint = graph.addInitializer(`${name}_zero_point`, weight.zeroPoint);
    const floats = graph.value(`${name}_dequantized`);
    floats.type = { dtype: 'float32', shape: tensor.dims };
    graph.prepend({
      op: 'DequantizeLinear',
      name: `${name}_DequantizeLinear`,
      inputs: [codes, scale, zeroPoint],
      outputs: [floats],
      attributes: new Map(spec.axis !== null && this.#model.opset >= 13 ? [['axis', int(spec.axis)]] : []),
    });
    return { codes, scale, zeroPoint, floats };
  }
}
