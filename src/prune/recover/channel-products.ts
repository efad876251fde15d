/** Products of channels on data, for everything that reads channels. */
import type { Model } from '../../ir/model.ts';
import type { ObserveOptions } from '../../probe/batches.ts';
import { type ChannelGram, channelGramProbe } from '../../probe/channel-gram.ts';
import { observe } from '../../probe/observe.ts';
import type { Tap } from '../../probe/probe.ts';
import type { Context } from '../../step.ts';
import type { PruneGroup } from '../coupling/group.ts';
import { dataOf, type Reader, readersOf } from './readers.ts';

/** Products of more channels than this take too much memory and time. */
const MOST_CHANNELS = 4096;

export interface ChannelProducts {
  readonly readers: ReadonlyMap<PruneGroup, readonly Reader[]>;
  /** Undefined where nothing was observed. */
  of(reader: Reader): ChannelGram | undefined;
}

/** Runs the model on the data. @throws as `observe` */
export async function observeChannels(
  model: Model,
  groups: readonly PruneGroup[],
  options: ObserveOptions,
  context: Context,
): Promise<ChannelProducts> {
  const readers = new Map(groups.map((group) => [group, readersOf(group)]));
  const taps = new Map<string, Tap<ChannelGram>>();
  for (const { value, axis, size } of dataOf([...readers.values()].flat()))
    if (size <= MOST_CHANNELS && value.graph === model.graph)
      taps.set(`${value.name} ${axis}`, { value, probe: channelGramProbe(axis, size) });
  const observed = await observe(
    model,
    [...taps.values()],
    { ...options, label: 'observing channels' },
    context,
  );
  return {
    readers,
    of({ data }) {
      const tap = taps.get(`${data.site.value.name} ${data.axis}`);
      return tap && observed.get(tap);
    },
  };
}
