/** Extremes and moments of each channel of an activation, found by graph nodes. */

import type { Value } from '../../ir/value.ts';
import { countOf } from '../../probe/channel-mean.ts';
import { byChannel, concat, reduce } from '../../probe/nodes.ts';
import type { Probe, ProbeScope } from '../../probe/probe.ts';

export interface ChannelExtremes {
  /** [size] */
  readonly min: Float64Array;
  /** [size] */
  readonly max: Float64Array;
}

export interface ChannelSquares {
  /** [size] sums */
  readonly squares: Float64Array;
  /** Elements of each channel. */
  readonly count: number;
}

/** [2 size]: the largest element at each index of `axis`, then the largest of their negatives. */
export function channelExtremesProbe(axis: number, size: number): Probe<ChannelExtremes> {
  return {
    name: `channel extremes of axis ${axis}`,
    opset: 9,
    width: 2 * size,
    combine: 'max',
    build(scope, value) {
      const channels = channelsOf(scope, value, axis, size);
      const max = reduce(scope, 'ReduceMax', channels, 1);
      const min = reduce(scope, 'ReduceMax', scope.builder.op('Neg', [channels]), 1);
      return concat(scope, [max, min]);
    },
    read: (vector) => ({ max: vector.slice(0, size), min: vector.slice(size).map((value) => -value) }),
  };
}

/** [size + 1]: the sum of squares at each index of `axis`, then the number of elements of each. */
export function channelSquaresProbe(axis: number, size: number): Probe<ChannelSquares> {
  return {
    name: `channel squares of axis ${axis}`,
    opset: 9,
    width: size + 1,
    combine: 'sum',
    build(scope, value) {
      const channels = channelsOf(scope, value, axis, size);
      const squares = scope.builder.op('Mul', [channels, channels]);
      return concat(scope, [reduce(scope, 'ReduceSum', squares, 1), countOf(scope, channels, 1)]);
    },
    read: (vector) => ({ squares: vector.slice(0, size), count: vector[size] as number }),
  };
}

function channelsOf(scope: ProbeScope, value: Value, axis: number, size: number): Value {
  const { rank } = value;
  if (rank === null) throw new Error(`the rank of ${value.name} is unknown`);
  return byChannel(scope, value, axis, rank, size);
}
