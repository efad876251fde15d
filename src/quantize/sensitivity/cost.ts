/** What it costs to leave a layer in floats: its part of the weights and of the work. */
import { sizeOf } from '../../ir/tensor.ts';
import type { Shape, Value } from '../../ir/value.ts';
import { knownShape } from '../../ops/bind.ts';
import { macs } from '../../ops/macs.ts';
import type { Sensitivity } from '../../probe/sensitivity/rank.ts';
import type { Layer } from '../../probe/sensitivity/stand-in.ts';

/**
 * The share of each layer in weights and in multiply-accumulates of all of them, averaged; sums to 1. Sizes that a graph
 * leaves open count as 1: they are the same for most layers.
 */
export function costsOf(layers: readonly Layer[]): ReadonlyMap<Layer, number> {
  const weights = shares(layers.map(weightsOf));
  const work = shares(layers.map(({ node }) => macs(node, closed) ?? 0));
  return new Map(layers.map((layer, at) => [layer, ((weights[at] ?? 0) + (work[at] ?? 0)) / 2]));
}

function closed(value: Value): Shape | null {
  return knownShape(value)?.map((dim) => (typeof dim === 'number' ? dim : 1)) ?? null;
}

function weightsOf({ node, standIns }: Layer): number {
  return standIns.reduce((sum, standIn) => {
    const tensor = 'weight' in standIn ? node.constant(standIn.index) : null;
    return sum + (tensor ? sizeOf(tensor.dims) : 0);
  }, 0);
}

/** Nothing at all is shared out evenly. */
function shares(amounts: readonly number[]): number[] {
  const sum = amounts.reduce((all, amount) => all + amount, 0);
  return amounts.map((amount) => (sum > 0 ? amount / sum : 1 / amounts.length));
}

/**
 * The layers whose floats buy most for what they cost, as many as `share` pays for. Noise of layers adds up about as if
 * it were independent, so that this is a knapsack: by worth per cost, and what does not fit makes room for smaller ones
 * (Dantzig 1957, the greedy bound).
 */
export function bestWithin(
  ranked: readonly Sensitivity[],
  costs: ReadonlyMap<Layer, number>,
  share: number,
): readonly Sensitivity[] {
  const worth = ({ layer, noise }: Sensitivity): number => noise / Math.max(costs.get(layer) ?? 0, 1e-9);
  const chosen: Sensitivity[] = [];
  let spent = 0;
  for (const entry of [...ranked].sort((a, b) => worth(b) - worth(a) || 0)) {
    const cost = costs.get(entry.layer) ?? 0;
    if (entry.noise === 0 || spent + cost > share) continue;
    spent += cost;
    chosen.push(entry);
  }
  return chosen;
}
