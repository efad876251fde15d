/** Every weight is in a group or has a reason why it is in none; --dry-run shows both. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import type { Value } from '../../src/ir/value.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { openModel } from '../../src/onnx/read.ts';
import { prepareCutting } from '../../src/prune/channels/prepare.ts';
import { findGroups } from '../../src/prune/coupling/coupling.ts';
import { type FrozenWeight, frozenWeights } from '../../src/prune/coupling/frozen-weights.ts';
import type { PruneGroup } from '../../src/prune/coupling/group.ts';
import { groupsText } from '../../src/prune/plan-view.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { GRAPHS } from '../support/quantize-graphs.ts';
import { noisyModel } from '../support/quantized.ts';
import { SHAPES } from './shapes.ts';

async function look(model: Model): Promise<{ groups: PruneGroup[]; frozen: FrozenWeight[] }> {
  const { shapes } = await prepareCutting(model, silentContext({ threads: 1 }));
  const groups = findGroups(model, shapes);
  return { groups, frozen: frozenWeights(model, shapes, groups) };
}

/** Floats with an axis that could lose something. */
function isLarge({ tensor, useCount }: Value): boolean {
  return tensor?.dtype.startsWith('float') === true && useCount > 0 && tensor.dims.some((dim) => dim > 1);
}

const SUBJECTS: readonly (readonly [string, () => Model])[] = [
  ...Object.entries(SHAPES).map(([name, { graph }]) => [name, () => noisyModel(graph)] as const),
  ...Object.entries(GRAPHS).map(([name, graph]) => [name, () => noisyModel(graph)] as const),
  ...readdirSync(FIXTURES)
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => [name, () => openModel(join(FIXTURES, name)).model] as const),
];

describe('a weight is in a group or frozen', () => {
  it.for(SUBJECTS)('%s', async ([, open]) => {
    const model = open();
    const { groups, frozen } = await look(model);
    const grouped = groups.flatMap(({ members }) => members.map(({ site }) => site.value.name));
    const listed = [...new Set(grouped), ...frozen.map(({ tensor }) => tensor)];
    // None twice, none forgotten.
    expect(new Set(listed).size).toBe(listed.length);
    const weights = [...allGraphs(model)].flatMap((graph) => [...graph.initializers].filter(isLarge));
    expect(weights.map(({ name }) => name).filter((name) => !listed.includes(name))).toEqual([]);
    for (const { reason } of frozen) expect(reason).not.toBe('');
  });
});

describe('the reason', () => {
  it('is the operator that nothing is known of', async () => {
    const { frozen } = await look(noisyModel(GRAPHS['Attention with differing sizes'] as string));
    const reason = 'nothing is known of the axes of att (com.microsoft.Attention)';
    expect(frozen).toEqual([
      { tensor: 'w', dims: [32, 80], bytes: 10240, reason },
      { tensor: 'b', dims: [80], bytes: 320, reason },
    ]);
  });

  it('is the body that a weight is read in', async () => {
    const { groups, frozen } = await look(noisyModel(GRAPHS['a Loop'] as string));
    const reason = "the shape of 'h' at step (MatMul) is unknown, in the body 'l'";
    expect(frozen).toEqual([{ tensor: 'w', dims: [64, 64], bytes: 16384, reason }]);
    expect(groups).toEqual([]);
    expect(groupsText([], frozen)).toContain(`weights in no group:\nw  [64, 64]: ${reason}\n`);
    expect(groupsText([])).not.toContain('in no group');
  });
});
