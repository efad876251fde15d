/** In which order kernels sum up a weight's products, for scales that keep neighbouring pairs from saturating. */
import type { Node } from '../../ir/node.ts';
import { PAIRS, type Summation } from '../../numeric/pair-scale.ts';
import { contractionAxes } from '../../ops/contraction.ts';

/**
 * Matrix products go along the summed axis. Convolutions are matrix products over patches with the channels last:
 * they go over the kernel's places, and through the channels of each. Where nothing is known of the order, any two
 * products may meet.
 * @returns null where products are added one by one: a single one for each place (onnxruntime's depthwise kernels
 * add in 32 bits)
 */
export function summation(node: Node, weightIndex: number, channel: number | null): Summation | null {
  const dims = node.input(weightIndex)?.tensor?.dims;
  if (!dims) throw new Error(`${node.label}: input ${weightIndex} is no constant`);
  const summed = contractionAxes(node, weightIndex);
  if (summed.length === 0) {
    const all = dims.map((_, axis) => axis).filter((axis) => axis !== channel);
    return { dims, channel, summed: all, group: Infinity };
  }
  const [channels = 0, ...places] = summed;
  if (places.length > 0 && dims[channels] === 1 && node.int('group') === dims[0]) return null;
  return { dims, channel, summed: [...places, channels], group: PAIRS };
}
