/** Statistics of the activations that products read, observed in one series of runs. */
import type { Model } from '../../ir/model.ts';
import { observe } from '../../probe/observe.ts';
import type { Tap } from '../../probe/probe.ts';
import type { Context } from '../../step.ts';
import {
  type ChannelExtremes,
  type ChannelSquares,
  channelExtremesProbe,
  channelSquaresProbe,
} from './channel-probes.ts';
import type { Contraction } from './contractions.ts';
import type { TransformOptions } from './transform.ts';

export interface ChannelStatistics {
  readonly extremes: ChannelExtremes;
  readonly squares: ChannelSquares;
}

/** By contraction; those whose activation no sample reached are missing. */
export async function channelStatistics(
  model: Model,
  contractions: readonly Contraction[],
  options: Pick<TransformOptions, 'data' | 'samples'>,
  context: Context,
): Promise<ReadonlyMap<Contraction, ChannelStatistics>> {
  const taps = new Map<string, readonly [Tap<ChannelExtremes>, Tap<ChannelSquares>]>();
  const ids = new Map(contractions.map(({ value }, index) => [value, index]));
  const keyOf = ({ value, axis }: Contraction): string => `${ids.get(value)}:${axis}`;
  for (const contraction of contractions) {
    const { value, axis, size } = contraction;
    const key = keyOf(contraction);
    if (!taps.has(key))
      taps.set(key, [
        { value, probe: channelExtremesProbe(axis, size) },
        { value, probe: channelSquaresProbe(axis, size) },
      ]);
  }
  const found = new Map<Contraction, ChannelStatistics>();
  if (taps.size === 0) return found;
  const { data, samples } = options;
  const observed = await observe(model, [...taps.values()].flat(), { data, samples }, context);
  for (const contraction of contractions) {
    const [first, second] = taps.get(keyOf(contraction)) ?? [];
    const extremes = first && observed.get(first);
    const squares = second && observed.get(second);
    if (extremes && squares && squares.count > 0) found.set(contraction, { extremes, squares });
  }
  return found;
}
