/** Mean and variance of each channel. */
import { countOf } from './channel-mean.ts';
import { rankOf } from './channel-range.ts';
import { byChannel, concat, reduce } from './nodes.ts';
import type { Probe } from './probe.ts';

export interface ChannelMoments {
  /** [size] */
  readonly mean: Float64Array;
  /** [size], of the population */
  readonly variance: Float64Array;
  /** Elements of each channel that were seen. */
  readonly count: number;
}

/** [2 size + 1]: sums and sums of squares at each index of `axis`, then the number of elements of each. */
export function channelMomentsProbe(axis: number, size: number): Probe<ChannelMoments> {
  return {
    name: `channel moments of axis ${axis}`,
    opset: 9,
    width: 2 * size + 1,
    combine: 'sum',
    build(scope, value) {
      const channels = byChannel(scope, value, axis, rankOf(value), size);
      const squares = scope.builder.op('Mul', [channels, channels]);
      const sums = [channels, squares].map((each) => reduce(scope, 'ReduceSum', each, 1));
      return concat(scope, [...sums, countOf(scope, channels, 1)]);
    },
    read(vector) {
      const count = vector[2 * size] as number;
      const mean = vector.slice(0, size).map((sum) => (count === 0 ? 0 : sum / count));
      const variance = vector
        .slice(size, 2 * size)
        .map((sum, at) => (count === 0 ? 0 : Math.max(0, sum / count - (mean[at] as number) ** 2)));
      return { mean, variance, count };
    },
  };
}
