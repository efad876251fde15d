/** Derivatives of picking by index: what was read several times is summed. */

import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

/** Cells of a one-hot matrix up to which a product is faster than writing rows one by one. */
const ONE_HOT = 1 << 20;

function axisOf(g: GradientScope, rank: number, fallback: number): number {
  const axis = g.node.int('axis', fallback);
  return axis < 0 ? axis + rank : axis;
}

/** Rows of a table: the gradient of each row is the sum over the places that read it. */
export const gathered: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy || !g.needs(0)) return [];
    const dims = g.shape(g.input(0));
    const picked = g.shape(g.input(1));
    const axis = axisOf(g, dims.length, 0);
    const size = dims[axis] ?? 1;
    const count = picked.reduce((a, b) => a * b, 1);
    const before = dims.slice(0, axis).reduce((a, b) => a * b, 1);
    const after = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    const indices = f.reshape(positive(g, size), [count]);
    if (count * size <= ONE_HOT) {
      const hot = f.cast(f.op('Equal', [f.reshape(indices, [1, count]), ramp(g, size)]), 'float32');
      return [f.reshape(f.matmul(hot, f.reshape(dy, [before, count, after])), dims)];
    }
    if (axis !== 0) {
      const rows = f.reshape(f.transpose(f.reshape(dy, [before, count, after]), [1, 0, 2]), [
        count,
        before * after,
      ]);
      const summed = scattered(g, [size, before * after], indices, rows, count);
      return [f.reshape(f.transpose(f.reshape(summed, [size, before, after]), [1, 0, 2]), dims)];
    }
    return [f.reshape(scattered(g, [size, after], indices, f.reshape(dy, [count, after]), count), dims)];
  },
};

/** Indices counted from the front. */
function positive(g: GradientScope, size: number): Value {
  const { f, node } = g;
  const given = f.cast(g.input(1), 'int64');
  const tensor = node.constant(1);
  if (tensor && Array.from(tensor.array() as Iterable<number | bigint>, Number).every((at) => at >= 0))
    return given;
  const before = f.op('Less', [given, f.vector([0])]);
  return f.op('Where', [before, f.op('Add', [given, f.vector([size])]), given]);
}

function ramp(g: GradientScope, size: number) {
  return g.f.reshape(g.f.vector(Array.from({ length: size }, (_, at) => at)), [size, 1]);
}

function scattered(
  { f }: GradientScope,
  dims: readonly number[],
  indices: Value,
  rows: Value,
  count: number,
) {
  return f.op('ScatterND', [f.filled(dims), f.reshape(indices, [count, 1]), rows], {
    attributes: attributesOf({ reduction: 'add' }),
  });
}

/** One element for each index, along an axis. */
export const gatherElements: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy || !g.needs(0)) return [];
    const dims = g.shape(g.input(0));
    return [
      f.op('ScatterElements', [f.filled(dims), g.input(1), dy], {
        attributes: attributesOf({ axis: axisOf(g, dims.length, 0), reduction: 'add' }),
      }),
    ];
  },
};

export const gatherNd: Derivative = {
  rule: (g) => {
    const { f, node } = g;
    const dy = g.dy();
    if (!dy || !g.needs(0)) return [];
    if (node.int('batch_dims', 0) !== 0) throw g.unsupported('batch_dims is not covered');
    const zeros = f.filled(g.shape(g.input(0)));
    return [f.op('ScatterND', [zeros, g.input(1), dy], { attributes: attributesOf({ reduction: 'add' }) })];
  },
};

/** Each side where it was taken. */
export const chosen: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    const condition = g.input(0);
    return [
      null,
      g.needs(1) ? g.unbroadcast(f.where(condition, dy, 0), 1) : null,
      g.needs(2) ? g.unbroadcast(f.where(condition, 0, dy), 2) : null,
    ];
  },
};
