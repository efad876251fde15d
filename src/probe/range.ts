/** Smallest and largest element. */
import { int } from '../ir/attribute.ts';
import { DTYPES } from '../ir/dtype.ts';
import type { Value } from '../ir/value.ts';
import { concat, finite, flat } from './nodes.ts';
import { LOWEST, type Probe, type ProbeScope } from './probe.ts';

export interface SeenRange {
  /** Infinity when nothing was seen; -Infinity when a value was infinite and infinities were not left out. */
  readonly min: number;
  readonly max: number;
}

/** What the probe of extremes sees besides. */
export interface Extremes extends SeenRange {
  /** Whether an element was NaN, which extremes do not show. */
  readonly nan: boolean;
  /** Most elements in a batch. */
  readonly elements: number;
}

/**
 * [max, -min, 1 if there was NaN, elements]. The maximum of an empty tensor is -Infinity, which changes nothing.
 * @param finiteOnly infinities and NaN count as zero, which takes several times as long
 */
export function rangeProbe(finiteOnly = false): Probe<Extremes> {
  return {
    name: finiteOnly ? 'finite range' : 'range',
    opset: 9,
    width: 4,
    combine: 'max',
    build(scope, value) {
      const { builder } = scope;
      const elements = flat(scope, finiteOnly ? finite(scope, value) : value);
      const attributes = { keepdims: int(1) };
      // onnxruntime's extremes of NaN depend on where it stands; a sum holds it anywhere.
      const nan = builder.op('IsNaN', [builder.op('ReduceSum', [elements], { attributes })]);
      return concat(scope, [
        ...signedExtremes(scope, elements),
        toFloat(scope, nan),
        sizeOf(scope, elements),
      ]);
    },
    read([max = LOWEST, min = LOWEST, nan = 0, elements = 0]) {
      const none = max <= LOWEST && min <= LOWEST;
      const seen = none ? { min: Infinity, max: -Infinity } : { min: 0 - min, max };
      return { ...seen, nan: nan > 0, elements: Math.max(0, elements) };
    },
  };
}

/** [1] each: the maximum of a vector and the negated minimum. */
export function signedExtremes({ builder }: ProbeScope, elements: Value): [Value, Value] {
  const attributes = { keepdims: int(1) };
  const max = builder.op('ReduceMax', [elements], { attributes });
  const min = builder.op('ReduceMin', [elements], { attributes });
  return [max, builder.op('Neg', [min])];
}

/** [1]: the length of a vector. */
function sizeOf(scope: ProbeScope, elements: Value): Value {
  return toFloat(scope, scope.builder.op('Shape', [elements]));
}

function toFloat({ builder }: ProbeScope, value: Value): Value {
  return builder.op('Cast', [value], { attributes: { to: int(DTYPES.float32.code) } });
}
