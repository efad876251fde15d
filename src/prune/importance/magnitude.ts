/** Norms of weights: of those that make a channel (l1, l2), or of all that go with it (group). */
import type { PruneGroup } from '../coupling/group.ts';
import { eachWeight, type Importance } from './importance.ts';
import { weightsOf } from './weights.ts';

/** Sums of |w|^p by channel; null without such weights. */
function sums(group: PruneGroup, power: 1 | 2, which: 'making' | 'all'): Float64Array | null {
  const weights = weightsOf(group);
  const making = weights.filter(({ reads }) => !reads);
  const used = which === 'all' || making.length === 0 ? weights : making;
  if (used.length === 0) return null;
  const total = new Float64Array(group.size);
  for (const member of used)
    eachWeight(member, member.weights, (channel, weight) => {
      total[channel] = (total[channel] as number) + (power === 1 ? Math.abs(weight) : weight * weight);
    });
  return total;
}

/** Sum of magnitudes of the weights that make a channel (Li et al. 2017, Pruning Filters for Efficient ConvNets, 3.1). */
export const l1: Importance = {
  name: 'l1',
  summary: 'sum of magnitudes of the weights that make a channel',
  score: (group) => sums(group, 1, 'making'),
};

/** Euclidean norm of the weights that make a channel. */
export const l2: Importance = {
  name: 'l2',
  summary: 'Euclidean norm of the weights that make a channel',
  score: (group) => sums(group, 2, 'making')?.map(Math.sqrt) ?? null,
};

/** Norm over all coupled weights (Fang et al. 2023, DepGraph, section 3.3: importance of a group). */
export const groupMagnitude: Importance = {
  name: 'group',
  summary: 'Euclidean norm of all weights that go with a channel, those that read it included',
  score: (group) => sums(group, 2, 'all')?.map(Math.sqrt) ?? null,
};
