/** Statistics of batch normalizations taken again on data, the first ones first. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { ObserveOptions } from '../../probe/batches.ts';
import { channelMomentsProbe } from '../../probe/channel-moments.ts';
import { observe } from '../../probe/observe.ts';
import type { Context } from '../../step.ts';

const NORM = 'BatchNormalization';
const [MEAN, VARIANCE] = [3, 4];
/** Axis of the channels of what it reads. */
const CHANNELS = 1;
/** Observations of the model; with more normalizations several are set at a time. */
const MOST_WAVES = 24;

/**
 * Sets mean and variance of every batch normalization to what the data gives in the model as it is now, in place; types
 * must be known.
 * @returns how many were set
 */
export async function reestimate(model: Model, options: ObserveOptions, context: Context): Promise<number> {
  const norms = model.graph.nodes.filter(
    (node) => node.opType === NORM && node.constant(MEAN) && node.constant(VARIANCE) && node.input(0)?.rank,
  );
  const waves = Math.min(MOST_WAVES, norms.length);
  let set = 0;
  for (let wave = 0; wave < waves; wave++) {
    const part = norms.slice(
      Math.floor((wave * norms.length) / waves),
      Math.floor(((wave + 1) * norms.length) / waves),
    );
    const taps = part.flatMap((node) => {
      const value = node.input(0);
      const size = node.constant(MEAN)?.size ?? 0;
      return value ? [{ node, value, probe: channelMomentsProbe(CHANNELS, size) }] : [];
    });
    const label = `normalizations, ${wave + 1} of ${waves}`;
    const observed = await observe(model, taps, { ...options, label }, context);
    for (const tap of taps) {
      const moments = observed.get(tap);
      if (!moments || moments.count < 2) continue;
      write(tap.node, MEAN, moments.mean);
      write(tap.node, VARIANCE, moments.variance);
      set++;
    }
  }
  return set;
}

/** Gives the node a constant of its own: others may share it. */
function write(node: Node, input: number, numbers: Float64Array): void {
  const value = node.input(input);
  const tensor = Tensor.of('float32', [numbers.length], Float32Array.from(numbers));
  if (value && value.useCount === 1 && !value.isGraphOutput) value.tensor = tensor;
  else if (node.graph) node.setInput(input, node.graph.addInitializer(value?.name ?? 'statistics', tensor));
}
