/** Looks at the data before any work is done: does it fit the model, does it have what will be asked of it. */
import type { Dataset } from '../data/dataset.ts';
import { fitDataset } from '../data/fit.ts';
import { openDataset, parseDataSpec } from '../data/open.ts';
import type { ValueInfo } from '../data/value-info.ts';
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';

/** The inputs of a model as its file states them. */
export function statedInputs(model: Model): ValueInfo[] {
  const inputs = model.graph.inputs.filter((value) => !value.tensor);
  return inputs.map(({ name, type }) => {
    return { name, dtype: type?.dtype ?? 'non-tensor', dims: type?.shape ?? [] };
  });
}

/**
 * Only headers are read; values are judged when they are used.
 * @param labels whether something will be asked that takes labels
 * @throws LlmcError DATA, FILE_NOT_FOUND
 */
export async function requireFittingData(
  model: Model,
  data: string | undefined,
  labels: boolean,
): Promise<void> {
  if (data === undefined) return;
  const dataset: Dataset | null = await openDataset(parseDataSpec(data));
  if (!dataset) return;
  fitDataset(dataset, statedInputs(model));
  if (!labels || dataset.hasLabels) return;
  throw new LlmcError('DATA', `${dataset.name} has no labels, which a requirement needs`, {
    hint: 'name them: --data "eval.npz?labels=y"',
  });
}
