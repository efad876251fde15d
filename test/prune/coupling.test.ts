/** Groups of coupled channels: what a person writes down for small graphs of every shape, and a reason for what is frozen. */
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { prepareCutting } from '../../src/prune/channels/prepare.ts';
import { findGroups } from '../../src/prune/coupling/coupling.ts';
import type { PruneGroup } from '../../src/prune/coupling/group.ts';
import { kindOf } from '../../src/prune/coupling/kind.ts';
import { silentContext } from '../../src/step.ts';
import { noisyModel } from '../support/quantized.ts';
import { SHAPES } from './shapes.ts';

async function groupsOf(model: Model): Promise<PruneGroup[]> {
  const { shapes } = await prepareCutting(model, silentContext());
  return findGroups(model, shapes);
}

function line(group: PruneGroup): string {
  if (group.frozen !== null) return `${group.id} ${group.size}: ${group.frozen}`;
  const parameters = group.members.flatMap(({ site, axis }) =>
    site.value.tensor && site.value.tensor.dtype !== 'int64' ? [`${site.value.name}:${axis}`] : [],
  );
  return `${group.id} ${group.size} ${kindOf(group)}: ${parameters.sort().join(' ')}`;
}

describe('groups', () => {
  it.for(Object.entries(SHAPES))('%s', async ([, { graph, groups }]) => {
    const found = await groupsOf(noisyModel(graph));
    expect(found.map(line).sort()).toEqual([...groups].sort());
  });
});
