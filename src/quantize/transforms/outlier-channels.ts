/**
 * outlier-channels: activations whose few large channels take the codes from all others. Where the layer in front can
 * take over the factors of SmoothQuant it does; elsewhere a Mul applies them, when that takes enough noise away.
 */
import type { Model } from '../../ir/model.ts';
import { median } from '../../numeric/statistics.ts';
import type { Context } from '../../step.ts';
import type { ChannelExtremes } from './channel-probes.ts';
import type { Contraction } from './contractions.ts';
import { insertFactors } from './insert-factors.ts';
import { productsOf } from './noise.ts';
import { noteReasons } from './reasons.ts';
import { gainDb, searchSmoothing } from './smooth.ts';
import { type SmoothedGroup, smooth } from './smoothquant.ts';
import type { ChannelStatistics } from './statistics.ts';
import type { Transform, TransformOptions } from './transform.ts';

export interface OutlierResult {
  /** Taken over by the layer in front. */
  readonly absorbed: readonly SmoothedGroup[];
  /** Given a Mul of their own. */
  readonly inserted: readonly SmoothedGroup[];
  /** Outliers that nothing helps against. */
  readonly left: readonly { readonly contraction: Contraction; readonly reason: string }[];
}

/** A largest channel this many times the median one is an outlier. */
export const OUTLIER_RATIO = 8;
/** A node of its own must take half of the noise away. */
const LEAST_GAIN_DB = 3;

export const outlierChannels: Transform = {
  name: 'outlier-channels',
  summary:
    'scale activations in which a few channels are far larger than the others, with a Mul where need be',
  needsData: true,
  forActivations: true,
  async apply(model, options, outcome, context) {
    const { absorbed, inserted, left } = await tameOutliers(model, options, context);
    for (const [groups, how] of [
      [absorbed, 'the layer in front'],
      [inserted, 'a Mul'],
    ] as const)
      for (const group of groups)
        for (const { node } of group.contractions)
          outcome.prepare(
            node.label,
            `outlier-channels: scaled by ${how}, ${gainDb(group).toFixed(1)} dB less noise expected`,
          );
    noteReasons('outlier-channels', left, outcome);
  },
};

/**
 * Scales activations with outliers, in place.
 * @throws LlmcError USAGE without data
 */
export async function tameOutliers(
  model: Model,
  options: TransformOptions,
  context: Context,
): Promise<OutlierResult> {
  const isOutlier = (statistics: ChannelStatistics): boolean =>
    outlierRatio(statistics.extremes) >= OUTLIER_RATIO;
  const { smoothed, left, statistics } = await smooth(model, options, context, {
    name: 'outlier-channels',
    wanted: isOutlier,
  });
  const suspects = left.filter(({ contraction }) => {
    const known = statistics(contraction);
    return known !== undefined && isOutlier(known);
  });
  const inserted: SmoothedGroup[] = [];
  const remaining: { contraction: Contraction; reason: string }[] = [];
  for (const together of byActivation(suspects)) {
    context.signal.throwIfAborted();
    const contractions = together.map(({ contraction }) => contraction);
    const products = productsOf({ contractions, carriers: [] }, statistics, options.perChannel);
    const found = searchSmoothing(products, contractions[0]?.size ?? 0, options);
    const ratio = Math.max(...products.map(({ extremes }) => outlierRatio(extremes)));
    const refusal =
      gainDb(found) < LEAST_GAIN_DB
        ? `its largest channel is ${ratio.toPrecision(3)} times the median, which scaling does not help; keeping it float may`
        : insertFactors(contractions, found.factors);
    if (refusal === null) inserted.push({ contractions, ...found });
    else for (const contraction of contractions) remaining.push({ contraction, reason: refusal });
  }
  return { absorbed: smoothed, inserted, left: remaining };
}

/** Largest magnitude of all channels over the median one's; 1 where no channel, Infinity where only few, are used. */
export function outlierRatio({ min, max }: ChannelExtremes): number {
  const magnitudes = Float64Array.from(max, (each, k) => Math.max(each, -(min[k] as number)));
  const largest = magnitudes.reduce((most, each) => Math.max(most, each), 0);
  return largest === 0 ? 1 : largest / median([...magnitudes]);
}

function byActivation<T extends { readonly contraction: Contraction }>(left: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (const each of left) {
    const { value, axis } = each.contraction;
    const known = groups.find(
      ([first]) => first?.contraction.value === value && first.contraction.axis === axis,
    );
    if (known) known.push(each);
    else groups.push([each]);
  }
  return groups;
}
