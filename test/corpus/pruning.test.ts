/** Pruning over the real models of the corpus: every group that can be cut is cut with all others, many also alone. */
import { describe, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { openModel } from '../../src/onnx/read.ts';
import { endAtLastLayers } from '../prune/last-layers.ts';
import { removedIsMasked, type Tensors } from '../prune/removed-is-masked.ts';
import { corpusModels } from '../support/corpus.ts';
import { corpusFeeds } from '../support/corpus-feeds.ts';

function feedsFor(id: string, { graph }: Model): Tensors {
  const inputs = graph.inputs.flatMap(({ name, type, tensor }) =>
    tensor || !type ? [] : [{ name, dtype: type.dtype, dims: type.shape ?? [] }],
  );
  return corpusFeeds(id, inputs);
}

describe('removed is masked', () => {
  it.for(corpusModels())('$id', async ({ id, path, available }, { skip }) => {
    if (!available) return skip('not fetched: npm run corpus');
    const { model } = openModel(path);
    await endAtLastLayers(model);
    const count = await removedIsMasked(model, {
      feedsFor: (prepared) => feedsFor(id, prepared),
      mayBeDead: true,
      // A dozen of them alone takes long enough.
      each: (groups) => Math.ceil(groups / 12),
    });
    if (count === 0) skip('no group can be cut');
  });
});
