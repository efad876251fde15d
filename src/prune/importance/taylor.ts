/** How much the loss would change without a channel, to the first order. */
import type { Member, PruneGroup } from '../coupling/group.ts';
import type { Importance } from './importance.ts';
import { weightsOf } from './weights.ts';

/**
 * Weights whose slopes make up that of a channel: all that read it, which together see every way it takes, or those that
 * make it where nothing reads it.
 */
export function judgingWeights(group: PruneGroup): Member[] {
  const weights = weightsOf(group);
  const reading = weights.filter(({ reads }) => reads);
  return reading.length > 0 ? reading : weights;
}

/** Mean over batches of the squared slope along a gate in front of the channel (Molchanov et al. 2019, equation 8). */
export const taylor: Importance = {
  name: 'taylor',
  summary: 'squared slope of the loss along each channel, by gradients on data',
  needsData: true,
  needsSlopes: true,
  absolute: true,
  score(group, { slopes }) {
    const members = judgingWeights(group).map((member) => ({ member, batches: slopes?.of(member) ?? [] }));
    const count = Math.max(0, ...members.map(({ batches }) => batches.length));
    if (count === 0) return null;
    const total = new Float64Array(group.size);
    for (let batch = 0; batch < count; batch++) {
      const sum = new Float64Array(group.size);
      for (const { member, batches } of members)
        for (const [position, channel] of member.channels.entries())
          if (channel >= 0) sum[channel] = (sum[channel] as number) + (batches[batch]?.[position] ?? 0);
      for (let channel = 0; channel < total.length; channel++)
        total[channel] = (total[channel] as number) + (sum[channel] as number) ** 2 / count;
    }
    return total;
  },
};
