/** The property of a cut: the model without channels computes what it did with these channels masked. */
import { expect } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import type { Model } from '../../src/ir/model.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import type { SampledShapes } from '../../src/probe/sampled-shapes.ts';
import { prepareCutting } from '../../src/prune/channels/prepare.ts';
import { shapesOfClone, typedClone } from '../../src/prune/channels/typed-clone.ts';
import { findGroups } from '../../src/prune/coupling/coupling.ts';
import type { PruneGroup } from '../../src/prune/coupling/group.ts';
import { cutChannels, type Removal } from '../../src/prune/cut/cut.ts';
import { seedFor, uniform } from '../../src/random.ts';
import { openSession } from '../../src/runtime/session.ts';
import { silentContext } from '../../src/step.ts';
import { maskChannels } from './masked.ts';

export type Tensors = Record<string, HostTensor>;

/** Of the largest output. */
const TOLERANCE = 1e-4;
const SHARE = 0.4;

interface Prepared {
  readonly model: Model;
  readonly shapes: SampledShapes;
  readonly groups: readonly PruneGroup[];
}

export interface MaskedOptions {
  /** Inputs of the model; best of other sizes than it was looked at with. */
  readonly feedsFor: (model: Model) => Tensors;
  /** Of many groups, every how manieth is cut alone; all together are cut in any case. */
  readonly each: (groups: number) => number;
  /** Whether channels may be dead: behind a branch that is not taken, or at zero for these inputs. All are not. */
  readonly mayBeDead?: boolean;
}

/**
 * Asserts the property for groups of a model, each alone and all together.
 * @returns how many groups there were; 0 when nothing can be cut
 */
export async function removedIsMasked(
  model: Model,
  { feedsFor, each, mayBeDead = false }: MaskedOptions,
): Promise<number> {
  const { shapes } = await prepareCutting(model, silentContext({ threads: 1 }));
  const whole: Prepared = { model, shapes, groups: findGroups(model, shapes) };
  const free = exact(whole.groups);
  if (free.length === 0) return 0;
  const feeds = feedsFor(model);
  const before = await run(model, feeds);
  const step = each(free.length);
  const alone = free.filter((_, at) => at % step === 0).map((at) => [at]);
  for (const chosen of [...alone, free]) {
    const [masked, cut] = [again(whole), again(whole)];
    maskChannels(removals(masked.groups, chosen));
    cutChannels(removals(cut.groups, chosen), (value, axis) => cut.shapes.isFixed(value, axis));
    const wanted = await run(masked.model, feeds);
    const found = await run(cut.model, feeds);
    const names = chosen.map((at) => whole.groups[at]?.id).join(', ');
    expect(difference(wanted, found, before), names).toBeLessThan(TOLERANCE);
    // A mask that changes nothing would prove nothing; of channels that nobody reads it cannot change anything.
    const read = chosen.some((at) =>
      whole.groups[at]?.crossed.some(({ strand }) => strand.places.some(({ summed }) => summed)),
    );
    const all = chosen.length === free.length;
    if (read && (all || !mayBeDead)) expect(difference(before, wanted, before), names).toBeGreaterThan(0);
  }
  return free.length;
}

/** Another one of the same, to be changed. */
function again({ model, shapes: known }: Prepared): Prepared {
  const { model: copy, original } = typedClone(model);
  const shapes = shapesOfClone(known, original);
  return { model: copy, shapes, groups: findGroups(copy, shapes) };
}

/** Groups for which removing is masking, by their place in the list. */
function exact(groups: readonly PruneGroup[]): number[] {
  return groups.flatMap(({ frozen, approximate, size }, at) =>
    frozen === null && approximate === null && size > 1 ? [at] : [],
  );
}

function removals(groups: readonly PruneGroup[], chosen: readonly number[]): Removal[] {
  return chosen.map((at) => {
    const group = groups[at] as PruneGroup;
    return { group, channels: someOf(group) };
  });
}

function someOf({ id, size }: PruneGroup): number[] {
  const next = uniform(seedFor(id));
  const order = Array.from({ length: size }, (_, channel) => ({ channel, key: next() }));
  const count = Math.min(size - 1, Math.max(1, Math.floor(SHARE * size)));
  return order
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ channel }) => channel);
}

async function run(model: Model, feeds: Tensors): Promise<Tensors> {
  const session = await openSession({ model: encodeModel(model) }, { threads: 1, optimize: 'disabled' });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Largest difference as a share of the largest element, or of the largest change that masking makes. */
function difference(wanted: Tensors, found: Tensors, before: Tensors): number {
  let [worst, scale] = [0, 0];
  for (const [name, { data, dims }] of Object.entries(wanted)) {
    expect(found[name]?.dims).toEqual(dims);
    for (let at = 0; at < data.length; at++) {
      const value = Number(data[at]);
      worst = Math.max(worst, Math.abs(value - Number(found[name]?.data[at])));
      scale = Math.max(scale, Math.abs(value), Math.abs(value - Number(before[name]?.data[at])));
    }
  }
  return worst / (scale || 1);
}
