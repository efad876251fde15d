/** Derivatives of functions of one tensor, each from its input, its output and the gradient of its output. */
import type { Formula } from '../../ir/formula.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { Derivative } from '../gradient.ts';

/** Writes `dy * f'(x)`; what is cheaper to have from `y` is taken from there. */
export type Slope = (f: Formula, at: { x: Value; y: Value; dy: Value; node: Node }) => Value;

/** The derivative of an elementwise function of the first input. */
export function elementwise(slope: Slope): Derivative {
  return {
    rule: (g) => {
      const dy = g.dy();
      return [dy && slope(g.f, { x: g.input(0), y: g.output(), dy, node: g.node })];
    },
  };
}

/** 1 / sqrt(1 - x^2) times dy. */
const arc = (f: Formula, x: Value, dy: Value): Value => f.div(dy, f.sqrt(f.sub(1, f.square(x))));

export const slopes = {
  abs: elementwise((f, { x, dy }) => f.mul(dy, f.sign(x))),
  acos: elementwise((f, { x, dy }) => f.neg(arc(f, x, dy))),
  acosh: elementwise((f, { x, dy }) => f.div(dy, f.sqrt(f.sub(f.square(x), 1)))),
  asin: elementwise((f, { x, dy }) => arc(f, x, dy)),
  asinh: elementwise((f, { x, dy }) => f.div(dy, f.sqrt(f.add(f.square(x), 1)))),
  atan: elementwise((f, { x, dy }) => f.div(dy, f.add(f.square(x), 1))),
  atanh: elementwise((f, { x, dy }) => f.div(dy, f.sub(1, f.square(x)))),
  cos: elementwise((f, { x, dy }) => f.neg(f.mul(dy, f.op('Sin', [x])))),
  cosh: elementwise((f, { x, dy }) => f.mul(dy, f.op('Sinh', [x]))),
  // The density of the normal distribution: d erf / dx = 2 / sqrt(pi) exp(-x^2).
  erf: elementwise((f, { x, dy }) => f.mul(dy, f.mul(f.exp(f.neg(f.square(x))), 2 / Math.sqrt(Math.PI)))),
  exp: elementwise((f, { y, dy }) => f.mul(dy, y)),
  log: elementwise((f, { x, dy }) => f.div(dy, x)),
  neg: elementwise((f, { dy }) => f.neg(dy)),
  reciprocal: elementwise((f, { y, dy }) => f.neg(f.mul(dy, f.square(y)))),
  sin: elementwise((f, { x, dy }) => f.mul(dy, f.op('Cos', [x]))),
  sinh: elementwise((f, { x, dy }) => f.mul(dy, f.op('Cosh', [x]))),
  sqrt: elementwise((f, { y, dy }) => f.div(f.mul(dy, 0.5), y)),
  tan: elementwise((f, { y, dy }) => f.mul(dy, f.add(f.square(y), 1))),
} as const;
