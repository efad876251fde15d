/** Weight-only int8: the constant becomes integers, turned back into floats in front of its consumers. */
import { int } from '../ir/attribute.ts';
import { DTYPES } from '../ir/dtype.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { type QuantizedWeight, quantizeWeight, type WeightSpec } from './weight.ts';

/**
 * How codes become floats. `dequantize`: one DequantizeLinear, which onnxruntime runs at every inference. `cast`:
 * Cast, Sub, Mul, which it folds while loading: the model then runs as fast as the float one, and takes its memory.
 */
export type Expansion = 'dequantize' | 'cast';

/** Replaces constants by their int8 form, once each, in the constant's own graph. */
export class DequantizedWeights {
  readonly retired = new Set<Value>();
  readonly #model: Model;
  readonly #expansion: Expansion;
  readonly #made = new Map<Value, Value>();

  constructor(model: Model, expansion: Expansion = 'dequantize') {
    this.#model = model;
    this.#expansion = expansion;
  }

  /** Makes `node` read input `index` through the integers. The first spec for a constant holds for all its uses. */
  replace(node: Node, index: number, spec: WeightSpec): void {
    const value = node.input(index);
    if (!value?.tensor) throw new Error(`${node.label}: input ${index} is no constant`);
    const floats = this.#made.get(value) ?? this.#make(value, value.tensor, spec);
    this.#made.set(value, floats);
    node.setInput(index, floats);
    this.retired.add(value);
  }

  #make(value: Value, tensor: Tensor, spec: WeightSpec): Value {
    const floats = value.graph.value(`${value.name}_dequantized`);
    floats.type = { dtype: 'float32', shape: tensor.dims };
    if (this.#expansion === 'cast') castWeight(value, tensor, spec, floats);
    else this.#dequantize(value, quantizeWeight(tensor, { ...spec, moved: true }), spec, floats);
    return floats;
  }

  #dequantize({ graph, name }: Value, weight: QuantizedWeight, spec: WeightSpec, floats: Value): void {
    graph.prepend({
      op: 'DequantizeLinear',
      name: `${name}_DequantizeLinear`,
      inputs: [
        graph.addInitializer(`${name}_quantized`, weight.codes),
        graph.addInitializer(`${name}_scale`, weight.scale),
        graph.addInitializer(`${name}_zero_point`, weight.zeroPoint),
      ],
      outputs: [floats],
      attributes: new Map(spec.axis !== null && this.#model.opset >= 13 ? [['axis', int(spec.axis)]] : []),
    });
  }
}

/** floats = (float(codes) - zero) * scale, with the scale shaped to broadcast along its axis. Symmetric codes only. */
function castWeight({ graph, name }: Value, tensor: Tensor, spec: WeightSpec, floats: Value): void {
  const scaleDims = tensor.dims.map((dim, axis) => (axis === spec.axis ? dim : 1));
  const symmetric = {
    ...spec,
    symmetric: true,
    ...(spec.axis === null ? {} : { scaleDims, zeroPointDims: [] }),
  };
  const weight = quantizeWeight(tensor, symmetric);
  const codes = graph.addInitializer(`${name}_quantized`, weight.codes);
  const scale = graph.addInitializer(`${name}_scale`, weight.scale);
  const cast = graph.value(`${name}_codes`);
  const signed = spec.type === 'int8';
  const centred = signed ? cast : graph.value(`${name}_centred`);
  // Each goes in front of the one before.
  graph.prepend({ op: 'Mul', name: `${name}_Mul`, inputs: [centred, scale], outputs: [floats] });
  if (!signed) {
    const zero = graph.addInitializer(`${name}_zero`, Tensor.scalar(128));
    graph.prepend({ op: 'Sub', name: `${name}_Sub`, inputs: [cast, zero], outputs: [centred] });
  }
  const attributes = new Map([['to', int(DTYPES.float32.code)]]);
  graph.prepend({ op: 'Cast', name: `${name}_Cast`, inputs: [codes], outputs: [cast], attributes });
}
