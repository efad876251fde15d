/** Weight-only int8: the constant becomes integers, turned back into floats in front of its consumers. */
import { int } from '../ir/attribute.ts';
import { DTYPES } from '../ir/dtype.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import type { DynamicQuantizer, Quantized } from './dynamic/quantizer.ts';
import { quantizeWeight, type WeightSpec } from './weight.ts';

/**
 * How codes become floats. `dequantize`: one DequantizeLinear, which onnxruntime runs at every inference. `cast`:
 * Cast, Sub, Mul, which it folds while loading: the model then runs as fast as the float one, and takes its memory.
 */
export type Expansion = 'dequantize' | 'cast';

/** Replaces float constants by their int8 form, once each, in the constant's own graph; their type stays. */
export class DequantizedWeights {
  readonly retired = new Set<Value>();
  readonly #model: Model;
  readonly #expansion: Expansion;
  readonly #shared: DynamicQuantizer | null;
  readonly #made = new Map<Value, Value>();

  /** @param shared where tied constants get their codes, so that other rules use the same */
  constructor(model: Model, expansion: Expansion = 'dequantize', shared: DynamicQuantizer | null = null) {
    this.#model = model;
    this.#expansion = expansion;
    this.#shared = shared;
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
    const { graph, name } = value;
    const floats = graph.value(`${name}_dequantized`);
    floats.type = { dtype: 'float32', shape: tensor.dims };
    const wanted = tensor.dtype === 'float32' ? floats : graph.value(`${name}_${tensor.dtype}`);
    if (wanted !== floats) {
      // Scales stay float32: half precision has too few digits for those of small weights.
      wanted.type = { dtype: tensor.dtype, shape: tensor.dims };
      const attributes = new Map([['to', int(DTYPES[tensor.dtype].code)]]);
      graph.prepend({ op: 'Cast', name: `${name}_narrow`, inputs: [floats], outputs: [wanted], attributes });
    }
    if (this.#expansion === 'cast') this.#cast(value, tensor, { ...spec, symmetric: true }, floats);
    else this.#dequantize(value, this.#integers(value, tensor, spec), spec, floats);
    return wanted;
  }

  #integers(value: Value, tensor: Tensor, spec: WeightSpec): Quantized {
    if (this.#shared?.isTied(value)) return this.#shared.weight(value, spec);
    const { codes, scale, zeroPoint } = quantizeWeight(tensor, { ...spec, moved: true });
    const { graph, name } = value;
    return {
      codes: graph.addInitializer(`${name}_quantized`, codes),
      scale: graph.addInitializer(`${name}_scale`, scale),
      zeroPoint: graph.addInitializer(`${name}_zero_point`, zeroPoint),
    };
  }

  #dequantize({ graph, name }: Value, weight: Quantized, spec: WeightSpec, floats: Value): void {
    graph.prepend({
      op: 'DequantizeLinear',
      name: `${name}_DequantizeLinear`,
      inputs: [weight.codes, weight.scale, weight.zeroPoint],
      outputs: [floats],
      attributes: new Map(spec.axis !== null && this.#model.opset >= 13 ? [['axis', int(spec.axis)]] : []),
    });
  }

  /** floats = (float(codes) - zero) * scale, the scale broadcast along its axis. Symmetric codes only. */
  #cast(value: Value, tensor: Tensor, spec: WeightSpec, floats: Value): void {
    const { graph, name } = value;
    const scaleDims = tensor.dims.map((dim, axis) => (axis === spec.axis ? dim : 1));
    const perTensor = spec.axis === null;
    // A shared scale is a vector, in the shape that its other users want.
    const isVector = this.#shared?.isTied(value) === true;
    const shape = perTensor || isVector ? {} : { scaleDims, zeroPointDims: [] };
    const { codes, scale } = this.#integers(value, tensor, { ...spec, ...shape });
    const cast = graph.value(`${name}_codes`);
    const signed = spec.type === 'int8';
    const centred = signed ? cast : graph.value(`${name}_centred`);
    const column = isVector && !perTensor ? graph.value(`${name}_scale_column`) : scale;
    // Each goes in front of the one before.
    graph.prepend({ op: 'Mul', name: `${name}_Mul`, inputs: [centred, column], outputs: [floats] });
    if (column !== scale) {
      const dims = graph.addInitializer(`${name}_scale_dims`, Tensor.ints(scaleDims));
      graph.prepend({ op: 'Reshape', name: `${name}_Reshape`, inputs: [scale, dims], outputs: [column] });
    }
    if (!signed) {
      const zero = graph.addInitializer(`${name}_zero`, Tensor.scalar(128));
      graph.prepend({ op: 'Sub', name: `${name}_Sub`, inputs: [cast, zero], outputs: [centred] });
    }
    const attributes = new Map([['to', int(DTYPES.float32.code)]]);
    graph.prepend({ op: 'Cast', name: `${name}_Cast`, inputs: [codes], outputs: [cast], attributes });
  }
}
