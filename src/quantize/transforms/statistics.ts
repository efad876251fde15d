/** Statistics of the activations that products read, observed in one series of runs. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { observe } from '../../probe/observe.ts';
import type { Tap } from '../../probe/probe.ts';
import type { Context } from '../../step.ts';
import {
  type ChannelExtremes,
  type ChannelSquares,
  channelExtremesProbe,
  channelSquaresProbe,
} from './channel-probes.ts';
import type { TransformOptions } from './transform.ts';

export interface ChannelStatistics {
  readonly extremes: ChannelExtremes;
  readonly squares: ChannelSquares;
}

/** An activation and its axis of channels. */
export interface Channels {
  readonly value: Value;
  readonly axis: number;
  readonly size: number;
}

/** Statistics by activation; undefined for those that no sample reached. */
export type StatisticsOf = (channels: Channels) => ChannelStatistics | undefined;

/** Observes all in one series of runs. */
export async function channelStatistics(
  model: Model,
  wanted: readonly Channels[],
  options: Pick<TransformOptions, 'data' | 'samples'>,
  context: Context,
): Promise<StatisticsOf> {
  const taps = new Map<string, readonly [Tap<ChannelExtremes>, Tap<ChannelSquares>]>();
  const ids = new Map(wanted.map(({ value }, index) => [value, index]));
  const keyOf = ({ value, axis }: Channels): string => `${ids.get(value)}:${axis}`;
  for (const channels of wanted) {
    const { value, axis, size } = channels;
    const key = keyOf(channels);
    if (!taps.has(key))
      taps.set(key, [
        { value, probe: channelExtremesProbe(axis, size) },
        { value, probe: channelSquaresProbe(axis, size) },
      ]);
  }
  if (taps.size === 0) return () => undefined;
  const { data, samples } = options;
  const observed = await observe(model, [...taps.values()].flat(), { data, samples }, context);
  return (channels) => {
    const [first, second] = taps.get(keyOf(channels)) ?? [];
    const extremes = first && observed.get(first);
    const squares = second && observed.get(second);
    return extremes && squares && squares.count > 0 ? { extremes, squares } : undefined;
  };
}
