/** Probe: the mean that a layer's rounding error has on the data, channel by channel. */
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import { contractionAxes } from '../../ops/contraction.ts';
import { type ChannelMeans, channelMeanProbe } from '../../probe/channel-mean.ts';
import type { Probe } from '../../probe/probe.ts';

/** Of the data and of the results of layers with kernels: [rows, channels, places...]. */
const CHANNEL = 1;

/**
 * True for layers with kernels that move over the data: at its rim some of a kernel's weights meet padding, so that the
 * mean of a channel does not tell what its weights are multiplied with. The smaller the picture, the larger the rim.
 */
export function hasRim(node: Node, weight: number): boolean {
  return contractionAxes(node, weight).length > 1;
}

/**
 * E[(W' - W) x], by running the layer with W' - W in place of its weight: padding, strides and groups as they are.
 * @param error W' - W, row-major as the weight
 */
export function shiftProbe(
  node: Node,
  weight: number,
  error: Float32Array,
  channels: number,
): Probe<ChannelMeans> {
  const dims = node.input(weight)?.tensor?.dims ?? [];
  const means = channelMeanProbe(CHANNEL, channels);
  return {
    ...means,
    name: `shift of ${node.label}`,
    build(scope, value) {
      const { builder } = scope;
      const made = builder.op(
        node.op,
        [value, builder.graph.addInitializer('probe_error', Tensor.of('float32', dims, error))],
        { domain: node.domain, attributes: Object.fromEntries(node.attributes) },
      );
      // The result has as many axes as the data, whose type the probe of means asks for.
      made.type = { dtype: 'float32', shape: dims.map(() => null) };
      return means.build(scope, made);
    },
  };
}
