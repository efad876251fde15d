/** Allocation: which channels go, so that a given share of channels, work or parameters is left. */

import type { PruneGroup } from '../coupling/group.ts';
import type { Cost, CostModel, Gone } from './cost.ts';

export type Scope = 'global' | 'local' | 'isomorphic';

export interface AllocateOptions {
  readonly scope: Scope;
  /** Most that may go of one group, 0 to 1. */
  readonly maxPerGroup: number;
  /** What is left of a group is a multiple of this, where that many were there. */
  readonly roundTo: number;
}

export interface Scored {
  readonly group: PruneGroup;
  readonly scores: Float64Array;
  /** What a score is divided by before it is compared with those of other groups. */
  readonly unit: number;
}

/** All channels of all groups in the order in which they go. */
export class Ranking {
  readonly #scored: readonly Scored[];
  readonly #options: AllocateOptions;
  /** By group: its channels, least important first. */
  readonly #orders: ReadonlyMap<PruneGroup, readonly number[]>;
  readonly #queues: readonly (readonly { readonly group: PruneGroup; readonly rank: number }[])[];

  constructor(scored: readonly Scored[], options: AllocateOptions) {
    this.#scored = scored;
    this.#options = options;
    this.#orders = new Map(
      scored.map(({ group, scores }) => [
        group,
        [...scores.keys()].sort((a, b) => (scores[a] as number) - (scores[b] as number) || a - b),
      ]),
    );
    this.#queues = queuesOf(scored, options.scope, this.#orders);
  }

  /** What goes when `share` of the channels are to go, 0 to 1: never all of a group, nor more of one than it may lose. */
  take(share: number): Gone {
    const counts = new Map<PruneGroup, number>();
    for (const queue of this.#queues)
      for (const { group, rank } of queue.slice(0, Math.round(share * queue.length)))
        counts.set(group, Math.max(counts.get(group) ?? 0, rank + 1));
    const gone = new Map<PruneGroup, Uint8Array>();
    for (const { group } of this.#scored) {
      const count = this.#allowed(group, counts.get(group) ?? 0);
      if (count === 0) continue;
      const drop = new Uint8Array(group.size);
      for (const channel of (this.#orders.get(group) ?? []).slice(0, count)) drop[channel] = 1;
      gone.set(group, drop);
    }
    return gone;
  }

  /**
   * The same with the best channels of one group kept after all, as many as make a step; null when it loses none.
   * `worth` is what their scores are together, as they are compared among groups.
   */
  giveBack(gone: Gone, group: PruneGroup): { readonly gone: Gone; readonly worth: number } | null {
    const drop = gone.get(group);
    const scored = this.#scored.find((each) => each.group === group);
    if (!drop || !scored) return null;
    const lost = (this.#orders.get(group) ?? []).filter((channel) => drop[channel] === 1);
    const left = group.size - lost.length;
    const step = Math.min(lost.length, this.#options.roundTo - (left % this.#options.roundTo));
    const back = lost.slice(lost.length - step);
    const less = Uint8Array.from(drop);
    for (const channel of back) less[channel] = 0;
    const changed = new Map(gone);
    if (less.includes(1)) changed.set(group, less);
    else changed.delete(group);
    const worth = back.reduce((sum, channel) => sum + (scored.scores[channel] as number), 0) / scored.unit;
    return { gone: changed, worth };
  }

  #allowed({ size }: PruneGroup, wanted: number): number {
    const { maxPerGroup, roundTo } = this.#options;
    const most = Math.min(Math.floor(size * maxPerGroup + 1e-9), size - 1);
    const count = Math.min(wanted, most);
    if (count <= 0) return 0;
    // Rounded up, so that nothing goes beyond what was asked for.
    const left = Math.ceil((size - count) / roundTo) * roundTo;
    return Math.max(0, size - left);
  }
}

/**
 * One queue for all groups, one for each, or one for those of the same shape (Fang et al. 2024, Isomorphic Pruning): what
 * stands in one queue is compared.
 */
function queuesOf(
  scored: readonly Scored[],
  scope: Scope,
  orders: ReadonlyMap<PruneGroup, readonly number[]>,
): { group: PruneGroup; rank: number }[][] {
  const keyOf = ({ id, size, members }: PruneGroup) =>
    scope === 'global'
      ? ''
      : scope === 'local'
        ? id
        : `${size}:${members
            .filter(({ site }) => site.value.tensor)
            .map(({ site, axis }) => `${site.shape.length}.${axis}`)
            .sort()}`;
  const queues = new Map<string, { group: PruneGroup; rank: number; score: number }[]>();
  for (const { group, scores, unit } of scored) {
    const queue = queues.get(keyOf(group)) ?? [];
    queues.set(keyOf(group), queue);
    for (const [rank, channel] of (orders.get(group) ?? []).entries())
      queue.push({ group, rank, score: (scores[channel] as number) / unit });
  }
  // Equal scores: the first of a group goes before the second, and groups take turns in the order of the model.
  for (const queue of queues.values()) queue.sort((a, b) => a.score - b.score || a.rank - b.rank);
  return [...queues.values()];
}

/**
 * What has to go so that at most `target` of the cost is left: the least share of all channels, of which then goes back
 * what was not needed, the best first. Null when even the largest share does not reach it.
 * @param measure macs or params
 */
export function meet(ranking: Ranking, costs: CostModel, measure: keyof Cost, target: number): Gone | null {
  const share = shareFor(ranking, costs, measure, target);
  if (share === null) return null;
  let gone = ranking.take(share);
  for (;;) {
    const offers = [...gone.keys()].flatMap((group) => ranking.giveBack(gone, group) ?? []);
    offers.sort((a, b) => b.worth - a.worth);
    const fits = offers.find((offer) => costs.of(offer.gone)[measure] / costs.whole[measure] <= target);
    if (!fits) return gone;
    gone = fits.gone;
  }
}

/**
 * The least share whose cost is at most `target` of the whole; null when even the largest does not reach it.
 * @param measure macs or params
 */
export function shareFor(
  ranking: Ranking,
  costs: CostModel,
  measure: keyof Cost,
  target: number,
): number | null {
  const left = (share: number) => costs.of(ranking.take(share))[measure] / costs.whole[measure];
  if (left(1) > target) return null;
  let [low, high] = [0, 1];
  for (let step = 0; step < 24 && high - low > 1e-5; step++) {
    const middle = (low + high) / 2;
    if (left(middle) <= target) high = middle;
    else low = middle;
  }
  return high;
}

/** Mean of the scores: with it layers of small weights do not go first. */
export function meanOf(scores: Float64Array): number {
  return scores.reduce((sum, each) => sum + each, 0) / scores.length || 1;
}

/** What one channel of a group saves, on average, as a share of the whole: what costs may be weighed against. */
export function savingOf(group: PruneGroup, costs: CostModel, measure: keyof Cost): number {
  const half = new Uint8Array(group.size).fill(1, 0, Math.max(1, group.size >> 1));
  const channels = half.reduce((sum, each) => sum + each, 0);
  const left = costs.of(new Map([[group, half]]))[measure];
  return (costs.whole[measure] - left) / costs.whole[measure] / channels || 1e-12;
}
