/** smoothquant: outliers of activations move into weights where the layer in front can take them over. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Context } from '../../step.ts';
import type { Contraction } from './contractions.ts';
import { findMigrations, type Migrations } from './groups.ts';
import { productOf } from './noise.ts';
import { noteReasons } from './reasons.ts';
import { applyScales } from './scaling/apply-scales.ts';
import { gainDb, type Smoothing, searchSmoothing } from './smooth.ts';
import { type ChannelStatistics, channelStatistics } from './statistics.ts';
import type { Transform, TransformOptions } from './transform.ts';

export interface SmoothedGroup extends Smoothing {
  readonly contractions: readonly Contraction[];
}

export interface SmoothResult {
  readonly smoothed: readonly SmoothedGroup[];
  readonly left: Migrations['refused'];
  readonly statistics: ReadonlyMap<Contraction, ChannelStatistics>;
}

/** Less is not worth touching a layer for. */
const LEAST_GAIN_DB = 0.25;

export const smoothquant: Transform = {
  name: 'smoothquant',
  summary: 'move outliers of activations into the weights behind them (SmoothQuant)',
  needsData: true,
  async apply(model, options, outcome, context) {
    const { smoothed, left } = await smooth(model, options, context);
    for (const { contractions, alpha, ...rest } of smoothed)
      for (const { node } of contractions)
        outcome.change(
          node.label,
          `smoothquant: alpha ${alpha}, ${gainDb({ alpha, ...rest }).toFixed(1)} dB less noise expected`,
        );
    noteReasons('smoothquant', left, outcome);
  },
};

/**
 * Smooths every group that gains by it, in place. The error is predicted from the ranges and powers of the channels
 * found on the data and from the weights' own rounding (noise.ts).
 * @throws LlmcError USAGE without data
 */
export async function smooth(
  model: Model,
  options: TransformOptions,
  context: Context,
): Promise<SmoothResult> {
  requireData('smoothquant', options);
  const { migrations, refused } = await findMigrations(model, options.select, context);
  const all = [
    ...migrations.flatMap(({ contractions }) => contractions),
    ...refused.map((each) => each.contraction),
  ];
  const statistics = await channelStatistics(model, all, options, context);
  const smoothed: SmoothedGroup[] = [];
  const left = [...refused];
  for (const { group, contractions } of migrations) {
    context.signal.throwIfAborted();
    const products = contractions.flatMap((each) => {
      const known = statistics.get(each);
      return (known && productOf(each, known.extremes, known.squares)) ?? [];
    });
    const found = searchSmoothing(products, group.size, options);
    if (products.length > 0 && gainDb(found) >= LEAST_GAIN_DB) {
      applyScales(group, found.factors);
      smoothed.push({ contractions, ...found });
    } else for (const contraction of contractions) left.push({ contraction, reason: 'nothing to gain' });
  }
  return { smoothed, left, statistics };
}

export function requireData(name: string, { data }: Pick<TransformOptions, 'data'>): void {
  if (data === undefined)
    throw new LlmcError('USAGE', `${name} needs data to find the ranges of activations on`, {
      hint: 'give some typical inputs with --data, e.g. calibration.npz',
    });
}
