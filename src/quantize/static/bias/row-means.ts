/** Adds to a graph what computes a layer's means over places, for each row. */
import { int, ints } from '../../../ir/attribute.ts';
import { Builder } from '../../../ir/builder.ts';
import type { Graph } from '../../../ir/graph.ts';
import type { Value } from '../../../ir/value.ts';
import type { BiasedLayer } from './layers.ts';

/** Since this opset ReduceMean takes its axes as an input. */
const AXES_AS_INPUT = 18;

/** [rows, channels] */
export function rowMeans(
  graph: Graph,
  value: Value,
  { rank, axis }: Pick<BiasedLayer, 'rank' | 'axis'>,
  opset: number,
): Value {
  const builder = new Builder(graph);
  const axes = Array.from({ length: rank }, (_, index) => index).filter(
    (index) => index > 0 && index !== axis,
  );
  const keepdims = { keepdims: int(0) };
  if (axes.length === 0) return builder.op('Identity', [value]);
  return opset < AXES_AS_INPUT
    ? builder.op('ReduceMean', [value], { attributes: { ...keepdims, axes: ints(axes) } })
    : builder.op('ReduceMean', [value, builder.ints('row_mean_axes', axes)], { attributes: keepdims });
}
