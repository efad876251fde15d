/** Importance: what the channels of a group are worth, from their weights or from data. */

import type { Member, PruneGroup } from '../coupling/group.ts';
import type { ChannelProducts } from '../recover/channel-products.ts';

/** What measures may use besides the weights. */
export interface Evidence {
  readonly seed: number;
  /** Products of channels where they are read; null without data. */
  readonly products: ChannelProducts | null;
  /** Slopes of the loss; null unless the measure asks for them. */
  readonly slopes: Slopes | null;
}

export interface Slopes {
  /** Slope along each position of a weight's axis, batch by batch; null where no gradient came. */
  of(member: Member): readonly Float64Array[] | null;
}

export interface Importance {
  readonly name: string;
  /** One sentence for help and reports. */
  readonly summary: string;
  /** True when it cannot do without data. */
  readonly needsData?: true;
  /** True when it wants gradients. */
  readonly needsSlopes?: true;
  /** True when scores of different groups can be compared as they are. */
  readonly absolute?: true;
  /** A score for each channel of the group, higher for what is worth more; null when the group has nothing to judge by. */
  score(group: PruneGroup, evidence: Evidence): Float64Array | null;
}

/** Calls back with the channel and the value of each element of a weight that belongs to a channel. */
export function eachWeight(
  { site, axis, channels }: Member,
  weights: Float32Array,
  visit: (channel: number, weight: number) => void,
): void {
  const inner = site.shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const size = channels.length;
  for (let start = 0; start < weights.length; start += size * inner)
    for (let position = 0; position < size; position++) {
      const channel = channels[position] as number;
      if (channel < 0) continue;
      const from = start + position * inner;
      for (let at = 0; at < inner; at++) visit(channel, weights[from + at] as number);
    }
}
