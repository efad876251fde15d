/** Nodes that probes are made of, in the form that the model's opset has. */
import { type Attribute, int, ints } from '../ir/attribute.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import type { ProbeScope } from './probe.ts';

/** [elements]: all elements of a value in one row. */
export function flat({ builder }: ProbeScope, value: Value): Value {
  return builder.op('Reshape', [value, builder.ints('probe_flat', [-1])]);
}

/** [rows, size]: the last axis kept, the others in one. */
export function rows({ builder }: ProbeScope, value: Value, size: number): Value {
  return builder.op('Reshape', [value, builder.ints('probe_rows', [-1, size])]);
}

/** [channels, others]: one axis in front, the others in one behind. */
export function byChannel(
  { builder }: ProbeScope,
  value: Value,
  axis: number,
  rank: number,
  size: number,
): Value {
  const order = [
    axis,
    ...Array.from({ length: rank }, (_, index) => index).filter((index) => index !== axis),
  ];
  const moved = axis === 0 ? value : builder.op('Transpose', [value], { attributes: { perm: ints(order) } });
  return builder.op('Reshape', [moved, builder.ints('probe_channels', [size, -1])]);
}

/** ReduceMax or ReduceSum over one axis, which goes. Axes are an input since opset 18 and 13. */
export function reduce(
  { builder, opset }: ProbeScope,
  op: 'ReduceMax' | 'ReduceSum',
  value: Value,
  axis: number,
): Value {
  const asInput = opset >= (op === 'ReduceMax' ? 18 : 13);
  const attributes: Record<string, Attribute> = {
    keepdims: int(0),
    ...(asInput ? {} : { axes: ints([axis]) }),
  };
  return builder.op(op, asInput ? [value, builder.ints('probe_axis', [axis])] : [value], { attributes });
}

/** The value without infinities and NaN, which become zero: NaN is not less than infinity either. */
export function finite({ builder }: ProbeScope, value: Value): Value {
  const infinity = builder.graph.addInitializer('probe_infinity', Tensor.scalar(Infinity));
  const zero = builder.graph.addInitializer('probe_zero', Tensor.scalar(0));
  return builder.op('Where', [builder.op('Less', [builder.op('Abs', [value]), infinity]), value, zero]);
}

/** Vectors one after the other. */
export function concat({ builder }: ProbeScope, values: readonly Value[]): Value {
  const [first] = values;
  if (first && values.length === 1) return first;
  return builder.op('Concat', values, { attributes: { axis: int(0) } });
}
