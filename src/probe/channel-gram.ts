/** Gram matrix of the channels of a value: how far each can be told from the others. */
import { ints } from '../ir/attribute.ts';
import { countOf } from './channel-mean.ts';
import { rankOf } from './channel-range.ts';
import { byChannel, concat, flat, reduce } from './nodes.ts';
import type { Probe } from './probe.ts';

export interface ChannelGram {
  /** [size, size], row-major, symmetric: sums of products over everything that was seen. */
  readonly products: Float64Array;
  /** [size]: sums of each channel. */
  readonly sums: Float64Array;
  /** Elements of each channel that were seen. */
  readonly count: number;
}

/** [size * size + size + 1]: products of channels along `axis`, sums of channels, elements of each. */
export function channelGramProbe(axis: number, size: number): Probe<ChannelGram> {
  return {
    name: `channel products of axis ${axis}`,
    opset: 9,
    width: size * size + size + 1,
    combine: 'sum',
    build(scope, value) {
      const channels = byChannel(scope, value, axis, rankOf(value), size);
      const transposed = scope.builder.op('Transpose', [channels], { attributes: { perm: ints([1, 0]) } });
      const products = scope.builder.op('MatMul', [channels, transposed]);
      const sums = reduce(scope, 'ReduceSum', channels, 1);
      return concat(scope, [flat(scope, products), sums, countOf(scope, channels, 1)]);
    },
    read: (vector) => ({
      products: vector.subarray(0, size * size),
      sums: vector.subarray(size * size, size * size + size),
      count: vector[size * size + size] as number,
    }),
  };
}
