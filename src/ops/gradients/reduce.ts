/** Derivatives of reductions: what was reduced gets back its share. */
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

interface Reduced {
  readonly x: Value;
  /** Dims of the input. */
  readonly dims: readonly number[];
  readonly axes: readonly number[];
  /** How many elements became one. */
  readonly count: number;
  /** The gradient and the result with all axes, the reduced ones of size 1. */
  readonly dy: Value;
  readonly y: Value;
}

function reductionOf(g: GradientScope, dy: Value): Reduced {
  const { f, node } = g;
  const x = g.input(0);
  const dims = g.shape(x);
  const stated = node.input(1) ? g.constants(1) : [];
  const every = dims.map((_, axis) => axis);
  const noop = node.int('noop_with_empty_axes', 0) === 1;
  const axes =
    stated.length > 0 ? stated.map((axis) => (axis < 0 ? axis + dims.length : axis)) : noop ? [] : every;
  const kept = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const whole = (value: Value) => (node.int('keepdims', 1) === 1 ? value : f.reshape(value, kept));
  const count = axes.reduce((product, axis) => product * (dims[axis] ?? 1), 1);
  return { x, dims, axes, count, dy: whole(dy), y: whole(g.output()) };
}

/** A rule from the gradient of one element; it may be broadcast along the reduced axes. */
function reduction(share: (g: GradientScope, of: Reduced) => Value, spreads = false): Derivative {
  return {
    rule: (g) => {
      const dy = g.dy();
      if (!dy) return [];
      const of = reductionOf(g, dy);
      const gradient = share(g, of);
      return [spreads ? g.f.expand(gradient, of.dims) : gradient];
    },
  };
}

/** The gradient goes to the elements that won, in equal parts. */
const winners = reduction(({ f }, { x, y, dy, axes }) => {
  const won = f.cast(f.equal(x, y), 'float32');
  return f.mul(won, f.div(dy, f.sum(won, axes)));
});

export const reductions = {
  sum: reduction((_, { dy }) => dy, true),
  mean: reduction(({ f }, { dy, count }) => f.div(dy, count), true),
  max: winners,
  min: winners,
  l1: reduction(({ f }, { x, dy }) => f.mul(f.sign(x), dy)),
  // Where all are zero there is no direction.
  l2: reduction(({ f }, { x, y, dy }) => f.mul(x, f.div(dy, f.where(f.greater(y, 0), y, 1)))),
  sumSquare: reduction(({ f }, { x, dy }) => f.mul(x, f.mul(dy, 2))),
  logSum: reduction(({ f }, { y, dy }) => f.div(dy, f.exp(y)), true),
  logSumExp: reduction(({ f }, { x, y, dy }) => f.mul(f.exp(f.sub(x, y)), dy)),
  prod: reduction(({ f }, { x, y, dy }) => f.div(f.mul(y, dy), x)),
} as const;
