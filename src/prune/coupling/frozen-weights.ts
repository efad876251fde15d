/** Weights that are in no group: whoever reads them lets none of their axes go. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { SampledShapes } from '../../probe/sampled-shapes.ts';
import { strandsIn } from './coupling.ts';
import type { PruneGroup } from './group.ts';
import { isWeight } from './site.ts';

export interface FrozenWeight {
  readonly tensor: string;
  readonly dims: readonly number[];
  readonly bytes: number;
  readonly reason: string;
}

/** In the order of the nodes; groups that cannot be cut have reasons of their own and are left out. */
export function frozenWeights(
  model: Model,
  shapes: SampledShapes,
  groups: readonly PruneGroup[],
): FrozenWeight[] {
  const grouped = new Set(groups.flatMap(({ members }) => members.map(({ site }) => site.value)));
  const reasons = new Map<Value, string>();
  for (const { frozen, places } of strandsIn(model, shapes))
    if (frozen !== null)
      for (const { site } of places)
        if (isWeight(site) && !grouped.has(site.value) && !reasons.has(site.value))
          reasons.set(site.value, frozen);
  return [...reasons].flatMap(([{ name, tensor }, reason]) =>
    tensor ? [{ tensor: name, dims: tensor.dims, bytes: tensor.byteLength, reason }] : [],
  );
}
