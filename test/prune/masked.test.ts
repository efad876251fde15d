/** The property of a cut: the model without channels computes what it did with these channels masked. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allocate, elementCount, type HostTensor } from '../../src/data/host-tensor.ts';
import type { Model } from '../../src/ir/model.ts';
import { openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import type { SampledShapes } from '../../src/probe/sampled-shapes.ts';
import { prepareCutting } from '../../src/prune/channels/prepare.ts';
import { shapesOfClone, typedClone } from '../../src/prune/channels/typed-clone.ts';
import { findGroups } from '../../src/prune/coupling/coupling.ts';
import type { PruneGroup } from '../../src/prune/coupling/group.ts';
import { cutChannels, type Removal } from '../../src/prune/cut/cut.ts';
import { normal, seedFor, uniform } from '../../src/random.ts';
import { openSession } from '../../src/runtime/session.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { noisyModel } from '../support/quantized.ts';
import { maskChannels } from './masked.ts';
import { SHAPES } from './shapes.ts';

type Tensors = Record<string, HostTensor>;
/** Of the largest output. */
const TOLERANCE = 1e-4;
const SHARE = 0.4;

interface Subject {
  readonly id: string;
  readonly open: () => Model;
}

const subjects: Subject[] = [
  ...Object.entries(SHAPES).map(([id, { graph }]) => ({ id, open: () => noisyModel(graph) })),
  ...readdirSync(FIXTURES)
    .filter((name) => name.endsWith('.onnx'))
    .map((id) => ({ id, open: () => openModel(join(FIXTURES, id)).model })),
];

interface Prepared {
  readonly model: Model;
  readonly shapes: SampledShapes;
  readonly groups: readonly PruneGroup[];
}

async function prepared({ open }: Subject): Promise<Prepared> {
  const model = open();
  const { shapes } = await prepareCutting(model, silentContext({ threads: 1 }));
  return { model, shapes, groups: findGroups(model, shapes) };
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

function someOf({ id, size }: PruneGroup): number[] {
  const next = uniform(seedFor(id));
  const order = Array.from({ length: size }, (_, channel) => ({ channel, key: next() }));
  const count = Math.min(size - 1, Math.max(1, Math.floor(SHARE * size)));
  return order
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ channel }) => channel);
}

function removals(groups: readonly PruneGroup[], chosen: readonly number[]): Removal[] {
  return chosen.map((at) => {
    const group = groups[at] as PruneGroup;
    return { group, channels: someOf(group) };
  });
}

/** Other sizes than the model was looked at with. */
function feedsFor(model: Model): Tensors {
  const feeds: Tensors = {};
  for (const { name, type, tensor } of model.graph.inputs) {
    if (tensor || !type?.shape) continue;
    const dims = type.shape.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 3 : 12));
    const data = allocate(type.dtype as HostTensor['dtype'], elementCount(dims));
    const next = normal(seedFor(name));
    for (let at = 0; at < data.length; at++) {
      const value = next();
      data[at] = (type.dtype === 'float32' ? value : type.dtype === 'int64' ? 1n : 1) as never;
    }
    feeds[name] = { dtype: type.dtype as HostTensor['dtype'], dims, data };
  }
  return feeds;
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

describe('removed is masked', () => {
  it.for(subjects.map((subject) => [subject.id, subject] as const))('%s', async ([, subject], { skip }) => {
    const whole = await prepared(subject);
    const free = exact(whole.groups);
    if (free.length === 0) return skip('no group can be cut');
    const feeds = feedsFor(whole.model);
    const before = await run(whole.model, feeds);
    // Each alone, then all together; of many groups every third, so that each kind is among them.
    const alone = free.filter((_, at) => free.length <= 8 || at % 3 === 0).map((at) => [at]);
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
      if (read) expect(difference(before, wanted, before), names).toBeGreaterThan(0);
    }
  });
});
