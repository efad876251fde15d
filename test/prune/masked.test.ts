/** Cutting is masking, for the small graphs of every shape and the fixtures. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { allocate, elementCount, type HostTensor } from '../../src/data/host-tensor.ts';
import type { Model } from '../../src/ir/model.ts';
import { openModel } from '../../src/onnx/read.ts';
import { normal, seedFor } from '../../src/random.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { noisyModel } from '../support/quantized.ts';
import { removedIsMasked, type Tensors } from './removed-is-masked.ts';
import { SHAPES } from './shapes.ts';

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

describe('removed is masked', () => {
  it.for(subjects.map((subject) => [subject.id, subject] as const))('%s', async ([, { open }], { skip }) => {
    // Of many groups every third, so that each kind is among them.
    const each = (groups: number) => (groups <= 8 ? 1 : 3);
    if ((await removedIsMasked(open(), { feedsFor, each })) === 0) skip('no group can be cut');
  });
});
