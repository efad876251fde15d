/** Echoes of a value: what quantizers and dequantizers make of it, the same numbers with rounding. */
import type { Value } from '../../ir/value.ts';

const QUANTIZERS = new Set([
  'QuantizeLinear',
  'DequantizeLinear',
  'com.microsoft.QuantizeLinear',
  'com.microsoft.DequantizeLinear',
]);

/** One behind the other, the value itself left out. */
export function echoes(value: Value): Value[] {
  const found = new Set([value]);
  // The set grows while it is walked.
  for (const each of found)
    for (const { node, index } of each.uses)
      if (index === 0 && QUANTIZERS.has(node.opType))
        for (const output of node.outputs) if (output) found.add(output);
  found.delete(value);
  return [...found];
}
