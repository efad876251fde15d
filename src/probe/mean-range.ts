/** Mean over the batches of their smallest and largest element. */
import { Tensor } from '../ir/tensor.ts';
import { concat, flat } from './nodes.ts';
import type { Probe } from './probe.ts';
import { type SeenRange, signedExtremes } from './range.ts';

/** [sum of maxima, sum of negated minima, batches]. */
export function meanRangeProbe(): Probe<SeenRange> {
  return {
    name: 'mean range',
    opset: 9,
    width: 3,
    combine: 'sum',
    build(scope, value) {
      const one = scope.builder.graph.addInitializer(
        'probe_one',
        Tensor.of('float32', [1], Float32Array.of(1)),
      );
      return concat(scope, [...signedExtremes(scope, flat(scope, value)), one]);
    },
    read([max = 0, min = 0, batches = 0]) {
      return batches === 0
        ? { min: Infinity, max: -Infinity }
        : { min: 0 - min / batches, max: max / batches };
    },
  };
}
