/** smoothquant: outliers of activations move into weights where the layer in front can take them over. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { Context } from '../../step.ts';
import type { Contraction } from './contractions.ts';
import { findMigrations, type Migrations } from './groups.ts';
import { productsOf } from './noise.ts';
import { noteReasons } from './reasons.ts';
import { applyScales } from './scaling/apply-scales.ts';
import { gainDb, type Smoothing, searchSmoothing } from './smooth.ts';
import { type ChannelStatistics, channelStatistics, type StatisticsOf } from './statistics.ts';
import type { Transform, TransformOptions } from './transform.ts';

export interface SmoothedGroup extends Smoothing {
  readonly contractions: readonly Contraction[];
}

export interface SmoothResult {
  readonly smoothed: readonly SmoothedGroup[];
  readonly left: Migrations['refused'];
  readonly statistics: StatisticsOf;
}

/** Less is not worth touching a layer for. */
const LEAST_GAIN_DB = 0.25;

export const smoothquant: Transform = {
  name: 'smoothquant',
  summary: 'move outliers of activations into the weights behind them (SmoothQuant)',
  needsData: true,
  forActivations: true,
  async apply(model, options, outcome, context) {
    const { smoothed, left } = await smooth(model, options, context);
    for (const { contractions, alpha, ...rest } of smoothed)
      for (const { node } of contractions)
        outcome.prepare(
          node.label,
          `smoothquant: alpha ${alpha}, ${gainDb({ alpha, ...rest }).toFixed(1)} dB less noise expected`,
        );
    noteReasons('smoothquant', left, outcome);
  },
};

/** What to smooth, for transforms that are pickier. */
export interface SmoothChoice {
  /** Named when there is no data. */
  readonly name: string;
  /** False for activations to leave alone; a group is smoothed when one of its activations is wanted. */
  readonly wanted: (statistics: ChannelStatistics) => boolean;
}

/**
 * Smooths every group that gains by it, in place. The error is predicted from the ranges and powers of the channels
 * found on the data and from the weights' own rounding (noise.ts).
 * @throws LlmcError USAGE without data
 */
export async function smooth(
  model: Model,
  options: TransformOptions,
  context: Context,
  choice: SmoothChoice = { name: 'smoothquant', wanted: () => true },
): Promise<SmoothResult> {
  requireData(choice.name, options);
  const { migrations, refused } = await findMigrations(model, options.select, context);
  const all = [
    ...migrations.flatMap(({ contractions, carriers }) => [...contractions, ...carriers]),
    ...refused.map((each) => each.contraction),
  ];
  const statistics = await channelStatistics(model, all, options, context);
  const smoothed: SmoothedGroup[] = [];
  const left = [...refused];
  const scaled = new Set<Value>();
  for (const migration of migrations) {
    context.signal.throwIfAborted();
    const { group, contractions } = migration;
    const known = contractions.flatMap((each) => statistics(each) ?? []);
    const products = productsOf(migration, statistics, options.perChannel);
    const fresh = contractions.every(({ value }) => !scaled.has(value));
    const found = known.some(choice.wanted) && fresh ? searchSmoothing(products, group.size, options) : null;
    if (found && gainDb(found) >= LEAST_GAIN_DB) {
      applyScales(group, found.factors);
      for (const value of group.values.keys()) scaled.add(value);
      smoothed.push({ contractions, ...found });
    } else {
      const reason = fresh ? 'nothing to gain' : 'its activation was scaled along another axis';
      for (const contraction of contractions) left.push({ contraction, reason });
    }
  }
  return { smoothed, left, statistics };
}

export function requireData(name: string, { data }: Pick<TransformOptions, 'data'>): void {
  if (data === undefined)
    throw new LlmcError('USAGE', `${name} needs data to find the ranges of activations on`, {
      hint: 'give some typical inputs with --data, e.g. calibration.npz',
    });
}
