/** Quantization imitated: rounded weights, fake-quantized activations. */
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { AffineParams } from '../../numeric/affine.ts';
import { dequantize, dequantizeChannels } from '../../numeric/dequantize-linear.ts';
import { allocateCodes, type IntegerType } from '../../numeric/integer.ts';
import type { ActivationStandIn, WeightStandIn } from '../../probe/sensitivity/stand-in.ts';
import { type EightBitSpec, eightBit, layoutOf } from '../recipes/eight-bit.ts';

/** The float32 constant at `index` in eight bits and back. */
export function eightBitWeight(node: Node, index: number, spec: EightBitSpec): WeightStandIn {
  const tensor = node.constant(index);
  if (!tensor) throw new Error(`${node.label}: input ${index} is no constant`);
  return {
    index,
    weight: () => {
      // In the order of the weight, whatever the kernel wants.
      const { codes, scale, zeroPoint } = eightBit(tensor, { ...spec, transpose: false, factor: 1 }, false);
      if (spec.axis === null)
        return dequantize(codes, { scale: scale[0] as number, zeroPoint: zeroPoint[0] as number });
      const params = { scales: scale, zeroPoints: Int32Array.from(zeroPoint) };
      return dequantizeChannels(codes, layoutOf(tensor.dims, spec), params);
    },
  };
}

/** A float32 activation rounded with one scale and zero point, by QuantizeLinear and DequantizeLinear (opset 10). */
export function fakeQuantized(index: number, params: AffineParams, type: IntegerType): ActivationStandIn {
  return {
    index,
    build: (builder, value) => {
      const { graph } = builder;
      const zero = allocateCodes(type, 1);
      zero[0] = params.zeroPoint;
      const scale = graph.addInitializer('sensitivity_scale', Tensor.scalar(params.scale));
      const zeroPoint = graph.addInitializer('sensitivity_zero_point', Tensor.of(type, [], zero));
      const codes = builder.op('QuantizeLinear', [value, scale, zeroPoint]);
      return builder.op('DequantizeLinear', [codes, scale, zeroPoint]);
    },
  };
}
