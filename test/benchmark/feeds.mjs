/** Rows of an npz file as feeds for onnxruntime-node, read by llmc's own reader. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './measure.mjs';

/** A module of the built library. */
export const built = (path) => import(pathToFileURL(join(ROOT, 'dist', path)).href);

/**
 * Every batch of the file: arrays by name, numbers as float32 where they are stored as float16.
 * @param {string} path
 * @param {number} size rows in a batch
 * @returns {Promise<Record<string, { dims: readonly number[], data: ArrayLike<number> }>[]>}
 */
export async function readBatches(path, size) {
  const { openDataset, parseDataSpec } = await built('data/open.js');
  const { castTensor } = await built('data/cast.js');
  const dataset = await openDataset(parseDataSpec(path));
  const batches = [];
  for await (const { inputs } of dataset.batches({ size }))
    batches.push(
      Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [
          name,
          tensor.dtype === 'float16' ? castTensor(tensor, 'float32', name) : tensor,
        ]),
      ),
    );
  return batches;
}
