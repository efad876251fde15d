/** Histogram with fixed bins. */
import { int, text } from '../ir/attribute.ts';
import { DTYPES } from '../ir/dtype.ts';
import { Tensor } from '../ir/tensor.ts';
import { flat } from './nodes.ts';
import type { Probe } from './probe.ts';

/**
 * [bins]: how many elements lie in each of `bins` equal parts of [low, high]; elements outside count in the outermost
 * bins, `high` in the last one. NaN counts in the first.
 */
export function histogramProbe(low: number, high: number, bins: number): Probe<Float64Array> {
  return {
    name: `histogram of [${low}, ${high}]`,
    opset: 16,
    width: bins,
    combine: 'sum',
    build(scope, value) {
      const { builder } = scope;
      const scalar = (name: string, number: number) =>
        builder.graph.addInitializer(`probe_${name}`, Tensor.scalar(number));
      const scale = high > low ? bins / (high - low) : 0;
      const shifted = builder.op('Sub', [flat(scope, value), scalar('low', low)]);
      const place = builder.op('Mul', [shifted, scalar('scale', scale)]);
      const inside = builder.op('Clip', [place, scalar('first', 0), scalar('last', bins - 1)]);
      const index = builder.op('Cast', [inside], { attributes: { to: int(DTYPES.int64.code) } });
      const zeros = builder.graph.addInitializer(
        'probe_zeros',
        Tensor.of('float32', [bins], new Float32Array(bins)),
      );
      const ones = builder.op('Expand', [scalar('one', 1), builder.op('Shape', [index])]);
      const attributes = { axis: int(0), reduction: text('add') };
      return builder.op('ScatterElements', [zeros, index, ones], { attributes });
    },
    read: (vector) => vector,
  };
}
