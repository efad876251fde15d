/** Mean of each channel. */
import { int } from '../ir/attribute.ts';
import { Tensor } from '../ir/tensor.ts';
import { rankOf } from './channel-range.ts';
import { byChannel, concat, reduce } from './nodes.ts';
import type { Probe } from './probe.ts';

export interface ChannelMeans {
  /** [size] */
  readonly mean: Float64Array;
  /** Elements of each channel that were seen. */
  readonly count: number;
}

/** [size + 1]: the sum at each index of `axis`, then the number of elements of each. */
export function channelMeanProbe(axis: number, size: number): Probe<ChannelMeans> {
  return {
    name: `channel means of axis ${axis}`,
    opset: 9,
    width: size + 1,
    combine: 'sum',
    build(scope, value) {
      const channels = byChannel(scope, value, axis, rankOf(value), size);
      const sums = reduce(scope, 'ReduceSum', channels, 1);
      return concat(scope, [sums, countOf(scope, channels, 1)]);
    },
    read(vector) {
      const count = vector[size] as number;
      return { mean: vector.slice(0, size).map((sum) => (count === 0 ? 0 : sum / count)), count };
    },
  };
}

/** [1]: the extent of an axis, as float32. */
export function countOf(
  { builder }: Parameters<Probe<unknown>['build']>[0],
  value: Parameters<Probe<unknown>['build']>[1],
  axis: number,
): ReturnType<Probe<unknown>['build']> {
  const shape = builder.op('Shape', [value]);
  const index = builder.graph.addInitializer('probe_index', Tensor.ints([axis]));
  const extent = builder.op('Gather', [shape, index], { attributes: { axis: int(0) } });
  return builder.op('Cast', [extent], { attributes: { to: int(1) } });
}
