/** BatchNormalization at inference as what it is: a factor and an offset per channel. */
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import { readFloats } from './float-tensor.ts';

/** y = factor[c] x + offset[c]. */
export interface ChannelAffine {
  readonly factor: Float64Array;
  readonly offset: Float64Array;
}

/**
 * factor = scale / sqrt(var + epsilon), offset = B - mean factor (Ioffe and Szegedy, arXiv 1502.03167, algorithm 2).
 * @returns the reason as text when the node trains or its statistics are not constant
 */
export function channelAffine(
  node: Node,
  opset: number,
  constant: (index: number) => Tensor | null,
): ChannelAffine | string {
  if (trains(node, opset)) return 'it is in training mode';
  if (opset < 9 && node.int('spatial', 1) === 0) return 'it normalizes every position by itself';
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => readFloats(constant(index)));
  if (!scale || !bias || !mean || !variance) return 'its statistics are not constant';
  if ([bias, mean, variance].some(({ length }) => length !== scale.length))
    return 'its statistics differ in length';
  const epsilon = node.float('epsilon', 1e-5);
  const factor = Float64Array.from(scale, (value, c) => value / Math.sqrt((variance[c] as number) + epsilon));
  const offset = Float64Array.from(bias, (value, c) => value - (mean[c] as number) * (factor[c] as number));
  if (![...factor, ...offset].every(Number.isFinite)) return 'its factors are not finite';
  return { factor, offset };
}

/** Since 14 an attribute says so, since 7 the outputs do, before that `is_test`. */
function trains(node: Node, opset: number): boolean {
  if (node.outputs.slice(1).some((value) => value !== null)) return true;
  if (opset >= 14) return node.int('training_mode') !== 0;
  return opset < 7 && node.int('is_test') === 0;
}
