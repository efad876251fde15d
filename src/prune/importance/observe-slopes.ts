/** Slopes of the loss for measures of importance that want them. */
import type { Model } from '../../ir/model.ts';
import type { Context } from '../../step.ts';
import { gateSlopes, keyOf } from '../../train/gate-slopes.ts';
import type { Member, PruneGroup } from '../coupling/group.ts';
import type { PruneOptions } from '../options.ts';
import type { Slopes } from './importance.ts';
import { judgingWeights } from './taylor.ts';

export async function observeSlopes(
  model: Model,
  groups: readonly PruneGroup[],
  { data = '', samples }: PruneOptions,
  context: Context,
): Promise<Slopes> {
  const slices = groups.flatMap(judgingWeights).map(sliceOf);
  const found = await gateSlopes(model, slices, { data, samples }, context);
  return { of: (member) => found.get(keyOf(sliceOf(member))) ?? null };
}

function sliceOf({ site, axis }: Member): { weight: string; axis: number } {
  return { weight: site.value.name, axis };
}
