/** Codes of a constant with given parameters: made when they are written where they have eight bits. */
import { floatsOf } from '../../../ir/floats.ts';
import { Tensor } from '../../../ir/tensor.ts';
import { quantize, quantizeChannels } from '../../../numeric/quantize-linear.ts';
import { channelLayout } from '../../../numeric/range.ts';
import { quantizeWeight } from '../../weight.ts';
import type { ConstantParams } from './constants.ts';

export function constantCodes(tensor: Tensor, params: ConstantParams): Tensor {
  const { type, axis, scales, zeroPoints } = params;
  const isZero = zeroPoints.every((zero) => zero === 0);
  if (type === 'int8' && isZero) {
    const spec = { type, symmetric: true, reduceRange: false, axis, scales } as const;
    return quantizeWeight(tensor, spec).codes;
  }
  const values = floatsOf(tensor);
  const codes =
    axis === null
      ? quantize(values, type, { scale: scales[0] as number, zeroPoint: zeroPoints[0] as number })
      : quantizeChannels(values, type, channelLayout(tensor.dims, axis), { scales, zeroPoints });
  return Tensor.of(type, tensor.dims, codes);
}
