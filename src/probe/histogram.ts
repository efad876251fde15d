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
      // Integers: a float32 that counts one by one stops at 2^24.
      const integers = (name: string, dims: readonly number[], data: Int32Array) =>
        builder.graph.addInitializer(`probe_${name}`, Tensor.of('int32', dims, data));
      const zeros = integers('zeros', [bins], new Int32Array(bins));
      const one = integers('one', [], Int32Array.of(1));
      const ones = builder.op('Expand', [one, builder.op('Shape', [index])]);
      const attributes = { axis: int(0), reduction: text('add') };
      const counts = builder.op('ScatterElements', [zeros, index, ones], { attributes });
      return builder.op('Cast', [counts], { attributes: { to: int(DTYPES.float32.code) } });
    },
    read: (vector) => vector,
  };
}
