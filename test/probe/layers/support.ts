/** Compares two models given as text or objects, through files, on rows of seeded noise. */

import type { Model } from '../../../src/ir/model.ts';
import { openModel } from '../../../src/onnx/read.ts';
import { compareLayers, type LayerComparison } from '../../../src/probe/layers/compare-layers.ts';
import { feedAdapter } from '../../../src/runtime/adapt.ts';
import { openInputs } from '../../../src/runtime/inputs.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { silentContext } from '../../../src/step.ts';
import type { Folder } from '../../support/folder.ts';
import { noisyModel } from '../../support/quantized.ts';

let count = 0;

/** Paths of the two models in `folder`. */
export function saveBoth(folder: Folder, ...models: readonly (string | Model)[]): string[] {
  return models.map((model) =>
    folder.save(`${count++}.onnx`, typeof model === 'string' ? noisyModel(model) : model),
  );
}

export async function comparePaths(
  before: string,
  after: string,
  budgetBytes?: number,
  rows = 3,
): Promise<LayerComparison> {
  const context = silentContext({ threads: 1 });
  const session = await openSession(before);
  const inputs = await openInputs(session, { rows });
  const candidate = await openSession(after);
  const adapt = feedAdapter(inputs.inputs, candidate.inputs);
  await session.release();
  await candidate.release();
  return compareLayers(
    openModel(before),
    openModel(after),
    { batches: () => inputs.batches(rows), adapt, rows },
    context,
    budgetBytes,
  );
}

/** `value: counterpart` of every pair, with a star where the name did not do. */
export function pairsOf({ layers }: LayerComparison): string[] {
  return layers.map(
    ({ before, after, by }) => `${before.value.name}: ${after.value.name}${by === 'name' ? '' : ' *'}`,
  );
}
