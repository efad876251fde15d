/** Constants with several users: the axis that may have scales of its own, so that one set of codes serves them all. */
import type { Model } from '../ir/model.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { channelAxis } from '../ops/contraction.ts';
import { specOf } from '../ops/table.ts';
import { type MatrixUse, usesThrough } from './constant-matrix.ts';

/**
 * Constants that more than one node reads, with the axis of their scales: the one all users agree on, null (one scale
 * for the tensor) where they differ. Users that no scheme looks at have no say. Ask before anything is rewritten.
 */
export function tiedAxes(model: Model): ReadonlyMap<Value, number | null> {
  const tied = new Map<Value, number | null>();
  for (const graph of allGraphs(model, { functions: false }))
    for (const value of graph.initializers) {
      if (!value.tensor || value.useCount < 2) continue;
      const wanted = new Set(usesThrough(value).flatMap(wantedAxes));
      const [axis = null] = wanted;
      tied.set(value, wanted.size === 1 ? axis : null);
    }
  return tied;
}

/** The axes of the constant that a use would like to have scales for. */
function wantedAxes({ node, index, transposed }: MatrixUse): (number | null)[] {
  const role = specOf(node)?.quant;
  const own = (axis: number | null) => (axis === null || !transposed ? axis : 1 - axis);
  if (role?.kind === 'lookup')
    return [own(node.input(index)?.rank === 2 && node.int('axis') === 0 ? 0 : null)];
  return role?.kind === 'compute' && role.weights.includes(index) ? [own(channelAxis(node, index))] : [];
}
