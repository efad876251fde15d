/** Derivatives of matrix products. */
import type { Formula } from '../../ir/formula.ts';
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

/** Row-major product of all dims but the last `kept`. */
function flattened(dims: readonly number[], kept: number): number {
  return dims.slice(0, dims.length - kept).reduce((product, dim) => product * dim, 1);
}

/** The last two axes exchanged. */
function flip(f: Formula, x: Value, rank: number): Value {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  return f.transpose(x, [...perm.slice(0, -2), rank - 1, rank - 2]);
}

/** Sums the leading axes that broadcasting repeated: `from` are the dims of `x`. */
function unstack(f: Formula, x: Value, from: readonly number[], to: readonly number[]): Value {
  const added = from.length - to.length;
  const repeated = from.flatMap((dim, axis) =>
    axis < added || (to[axis - added] === 1 && dim !== 1) ? [axis] : [],
  );
  if (repeated.length === 0) return x;
  return f.reshape(f.sum(x, repeated), to);
}

/**
 * numpy.matmul. A matrix shared by a stack of products (a linear layer) gets its gradient from one large product, and
 * so does what is multiplied with it: batches of small products are slower.
 */
export const matrixProduct: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f } = g;
    const shapes = [g.shape(g.input(0)), g.shape(g.input(1))] as const;
    // A vector is a row on the left and a column on the right.
    const a = shapes[0].length === 1 ? [1, ...shapes[0]] : shapes[0];
    const b = shapes[1].length === 1 ? [...shapes[1], 1] : shapes[1];
    const left = a === shapes[0] ? g.input(0) : f.reshape(g.input(0), a);
    const right = b === shapes[1] ? g.input(1) : f.reshape(g.input(1), b);
    const [m, k, n] = [a.at(-2) as number, a.at(-1) as number, b.at(-1) as number];
    const batch = stackOf(a, b);
    const whole = [...batch, m, n];
    const up = a === shapes[0] && b === shapes[1] ? dy : f.reshape(dy, whole);
    const shared = b.length === 2;
    const da = () => {
      const found = f.matmul(up, flip(f, right, b.length));
      return f.reshape(unstack(f, found, [...batch, m, k], a), shapes[0]);
    };
    const db = () => {
      if (!shared) {
        const found = f.matmul(flip(f, left, a.length), up);
        return f.reshape(unstack(f, found, [...batch, k, n], b), shapes[1]);
      }
      const rows = flattened([...batch, m, n], 1);
      const product = transposedProduct(f, f.reshape(left, [rows, k]), f.reshape(up, [rows, n]));
      return f.reshape(product, shapes[1]);
    };
    return [g.needs(0) ? da() : null, g.needs(1) ? db() : null];
  },
};

/** A^T B of two matrices, without moving A. */
function transposedProduct(f: Formula, a: Value, b: Value): Value {
  return f.op('Gemm', [a, b], { attributes: attributesOf({ transA: 1 }) });
}

/** The leading dims of the result. */
function stackOf(a: readonly number[], b: readonly number[]): number[] {
  const [left, right] = [a.slice(0, -2), b.slice(0, -2)];
  const length = Math.max(left.length, right.length);
  const at = (dims: readonly number[], axis: number) => dims[axis - length + dims.length] ?? 1;
  return Array.from({ length }, (_, axis) => Math.max(at(left, axis), at(right, axis)));
}

/** Y = alpha op(A) op(B) + beta C. */
export const gemm: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    const [ta, tb] = [node.int('transA', 0), node.int('transB', 0)];
    const alpha = { float: node.float('alpha', 1) };
    const product = (x: Value, y: Value, transA: number, transB: number) =>
      f.op('Gemm', [x, y], { attributes: attributesOf({ alpha, transA, transB }) });
    const [a, b] = [g.input(0), g.input(1)];
    return [
      g.needs(0) ? (ta ? product(b, dy, tb, 1) : product(dy, b, 0, 1 - tb)) : null,
      g.needs(1) ? (tb ? product(dy, a, 1, ta) : product(a, dy, 1 - ta, 0)) : null,
      g.needs(2) ? addend(g, f.mul(dy, node.float('beta', 1))) : null,
    ];
  },
};

/** The gradient of a bias: the sum over what it was repeated along. */
function addend(g: GradientScope, value: Value): Value {
  return g.unbroadcast(value, 2);
}
