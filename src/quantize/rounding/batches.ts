/** The rows that rounding looks at, as feeds of the model. */
import { fitDataset } from '../../data/fit.ts';
import { openDataset, parseDataSpec } from '../../data/open.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import { statedInputs } from '../data-fits.ts';

/** Rows per run where the model leaves that open. */
const ROWS = 8;

/**
 * At most `samples` rows of the data.
 * @throws LlmcError DATA when it is generated, empty, or does not fit the model
 */
export async function readBatches(model: Model, data: string, samples: number): Promise<Feeds[]> {
  const dataset = await openDataset(parseDataSpec(data));
  if (!dataset || dataset.synthetic)
    throw new LlmcError('DATA', 'rounding needs real inputs: generated ones say nothing about the model', {
      hint: 'give --data rows the model was made for, or use --rounding kquant, which needs none',
    });
  const infos = statedInputs(model);
  const open = infos.every(({ dims }) => typeof dims[0] !== 'number');
  const fit = fitDataset(dataset, infos, open ? ROWS : undefined);
  const batches: Feeds[] = [];
  for await (const batch of fit.dataset.batches({ size: fit.batchSize, limit: samples }))
    batches.push(fit.feeds(batch));
  if (batches.length > 0) return batches;
  throw new LlmcError('DATA', `${dataset.name} has no rows`, { hint: 'give data with at least one row' });
}
