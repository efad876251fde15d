/** What is known of the distribution of activations without data: what BatchNormalization made of them. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { specOf } from '../../ops/table.ts';
import { readFloats } from '../../passes/float-tensor.ts';
import { type ChannelMoments, clippedNormalMean } from './gaussian.ts';

const NORM = 'BatchNormalization';

/**
 * Results of BatchNormalization are normal with the norm's shift as mean and its scale as deviation (Nagel et al. 2019,
 * section 4.2.1). To be asked before passes fold the norms away; names of values stay.
 */
export function batchNormMoments(model: Model): ReadonlyMap<string, ChannelMoments> {
  const found = new Map<string, ChannelMoments>();
  for (const node of allNodes(model, { functions: false })) {
    if (node.opType !== NORM || node.int('training_mode') !== 0) continue;
    const [scale, shift] = [readFloats(node.constant(1)), readFloats(node.constant(2))];
    const output = node.output();
    if (scale && shift && output)
      found.set(output.name, {
        mean: Float64Array.from(shift),
        deviation: Float64Array.from(scale, Math.abs),
      });
  }
  return found;
}

/** [channels]: the mean of a value whose distribution is known, or that cuts such a one off at bounds (Relu, Clip). */
export function expectedMean(
  value: Value,
  moments: ReadonlyMap<string, ChannelMoments>,
): Float64Array | null {
  const own = moments.get(value.name);
  if (own) return own.mean;
  const { producer } = value;
  const role = producer ? specOf(producer)?.quant : undefined;
  const bounds = producer && role?.kind === 'passthrough' ? role.bounds?.(producer) : undefined;
  const input = producer?.input(0);
  const before = input && moments.get(input.name);
  if (!bounds || !before) return null;
  const [low, high] = [bounds.min ?? -Infinity, bounds.max ?? Infinity];
  return before.mean.map((mean, c) => clippedNormalMean(mean, before.deviation[c] as number, low, high));
}
