/** Echoes of a value: what quantizers and dequantizers make of it, the same numbers with rounding. */
import type { Value } from '../../ir/value.ts';
import { isDequantizer, isQuantizer } from '../../ops/nodes.ts';

/** One behind the other, the value itself left out. */
export function echoes(value: Value): Value[] {
  const found = new Set([value]);
  // The set grows while it is walked.
  for (const each of found)
    for (const { node, index } of each.uses)
      if (index === 0 && (isQuantizer(node) || isDequantizer(node)))
        for (const output of node.outputs) if (output) found.add(output);
  found.delete(value);
  return [...found];
}
