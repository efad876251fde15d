/** Smallest and largest element. */
import { int } from '../ir/attribute.ts';
import { concat, finite, flat } from './nodes.ts';
import { LOWEST, type Probe } from './probe.ts';

export interface SeenRange {
  /** Infinity when nothing was seen; -Infinity when a value was infinite and infinities were not left out. */
  readonly min: number;
  readonly max: number;
}

/**
 * [max, -min]. The maximum of an empty tensor is -Infinity, which changes nothing.
 * @param finiteOnly infinities and NaN count as zero, which takes several times as long
 */
export function rangeProbe(finiteOnly = false): Probe<SeenRange> {
  return {
    name: finiteOnly ? 'finite range' : 'range',
    opset: 9,
    width: 2,
    combine: 'max',
    build(scope, value) {
      const elements = flat(scope, finiteOnly ? finite(scope, value) : value);
      const attributes = { keepdims: int(1) };
      const max = scope.builder.op('ReduceMax', [elements], { attributes });
      const min = scope.builder.op('ReduceMin', [elements], { attributes });
      return concat(scope, [max, scope.builder.op('Neg', [min])]);
    },
    read([max = LOWEST, min = LOWEST]) {
      const none = max <= LOWEST && min <= LOWEST;
      return none ? { min: Infinity, max: -Infinity } : { min: 0 - min, max };
    },
  };
}
