/** Largest magnitude of each channel. */
import type { Value } from '../ir/value.ts';
import { byChannel, reduce } from './nodes.ts';
import { LOWEST, type Probe } from './probe.ts';

/** [size]: the largest magnitude at each index of `axis`; 0 for channels that nothing was seen of. */
export function channelAbsMaxProbe(axis: number, size: number): Probe<Float32Array> {
  return {
    name: `channel maxima of axis ${axis}`,
    opset: 9,
    width: size,
    combine: 'max',
    build(scope, value) {
      const magnitudes = scope.builder.op('Abs', [value]);
      return reduce(scope, 'ReduceMax', byChannel(scope, magnitudes, axis, rankOf(value), size), 1);
    },
    read: (vector) => Float32Array.from(vector, (max) => (max <= LOWEST ? 0 : max)),
  };
}

/** The rank of a value of the observed model; probes per channel cannot do without. */
export function rankOf(value: Value): number {
  const { rank } = value;
  if (rank === null) throw new Error(`the rank of ${value.name} is unknown`);
  return rank;
}
