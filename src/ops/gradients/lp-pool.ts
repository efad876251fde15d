/** Pooling by p-norms, taken apart into means of powers. */
import { attributesOf, type Formula } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Decomposition } from '../gradient.ts';
import { excess, windowOf } from './window.ts';

/** The smallest normal float32: below it a norm is flat, since a root has no slope at zero. */
const TINY = 1.2e-38;

function powered(f: Formula, x: Value, p: number): Value {
  if (p === 1) return f.abs(x);
  return p === 2 ? f.square(x) : f.pow(f.abs(x), p);
}

function root(f: Formula, sum: Value, p: number): Value {
  if (p === 1) return sum;
  const safe = f.max(sum, TINY);
  return p === 2 ? f.sqrt(safe) : f.pow(safe, 1 / p);
}

/** (sum |x|^p)^(1/p) over windows; what lies outside counts as zero. */
export const lpPool: Decomposition = (g) => {
  const { f, node } = g;
  const p = node.int('p', 2);
  const kernel = node.ints('kernel_shape') ?? [];
  const dims = g.shape(g.input(0));
  const window = windowOf(g, kernel, dims.slice(2), g.shape(g.output()).slice(2));
  const over = excess(window).map((one) => Math.max(one, 0));
  const none = [0, 0];
  const after = window.after.map((one, at) => one + (over[at] ?? 0));
  const padded = f.pad(powered(f, g.input(0), p), [...none, ...window.before], [...none, ...after]);
  const { strides, dilations } = window;
  const mean = f.op('AveragePool', [padded], {
    attributes: attributesOf({ kernel_shape: kernel, strides, dilations }),
  });
  const size = kernel.reduce((a, b) => a * b, 1);
  return [root(f, f.mul(mean, size), p)];
};

export const globalLpPool: Decomposition = (g) => {
  const { f, node } = g;
  const p = node.int('p', 2);
  const axes = g.shape(g.input(0)).flatMap((_, axis) => (axis > 1 ? [axis] : []));
  return [root(f, f.sum(powered(f, g.input(0), p), axes), p)];
};
