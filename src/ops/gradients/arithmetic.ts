/** Derivatives of arithmetic of several tensors; what broadcasting repeated is summed. */
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

/** A rule of two operands; each side is written only when somebody needs it. */
function binary(
  left: (g: GradientScope, dy: Value, a: Value, b: Value) => Value,
  right: (g: GradientScope, dy: Value, a: Value, b: Value) => Value,
): Derivative {
  return {
    rule: (g) => {
      const dy = g.dy();
      if (!dy) return [];
      const [a, b] = [g.input(0), g.input(1)];
      return [
        g.needs(0) ? g.unbroadcast(left(g, dy, a, b), 0) : null,
        g.needs(1) ? g.unbroadcast(right(g, dy, a, b), 1) : null,
      ];
    },
  };
}

export const addition = binary(
  (_, dy) => dy,
  (_, dy) => dy,
);

export const subtraction = binary(
  (_, dy) => dy,
  ({ f }, dy) => f.neg(dy),
);

export const multiplication = binary(
  ({ f }, dy, _, b) => f.mul(dy, b),
  ({ f }, dy, a) => f.mul(dy, a),
);

export const division = binary(
  ({ f }, dy, _, b) => f.div(dy, b),
  (g, dy, _, b) => g.f.neg(g.f.mul(dy, g.f.div(g.output(), b))),
);

/** At a base of zero the slope in the exponent is zero, where its formula has 0 * -infinity. */
export const power = binary(
  ({ f }, dy, a, b) => {
    const exponent = b.tensor && b.tensor.size === 1 ? Number(b.tensor.array()[0]) : null;
    if (exponent === 2) return f.mul(dy, f.mul(a, 2));
    if (exponent === 0.5) return f.mul(dy, f.div(0.5, f.sqrt(a)));
    const slope =
      exponent === null ? f.mul(b, f.pow(a, f.sub(b, 1))) : f.mul(f.pow(a, exponent - 1), exponent);
    return f.mul(dy, slope);
  },
  (g, dy, a) => {
    const { f } = g;
    const positive = f.greater(a, 0);
    const logarithm = f.log(f.where(positive, a, 1));
    return f.mul(dy, f.mul(g.output(), logarithm));
  },
);

/** Sum of any number of operands. */
export const sum: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    return g.node.inputs.map((input, index) =>
      dy && input && g.needs(index) ? g.unbroadcast(dy, index) : null,
    );
  },
};

export const mean: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const share = g.f.div(dy, g.node.inputs.length);
    return g.node.inputs.map((input, index) =>
      input && g.needs(index) ? g.unbroadcast(share, index) : null,
    );
  },
};

/** Max and Min: the gradient goes to the operand that won; operands that are equal share it. */
export const extreme: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    const wins = g.node.inputs.map((_, index) => f.cast(f.equal(g.input(index), g.output()), 'float32'));
    const winners = wins.length === 1 ? wins[0] : f.op('Sum', wins);
    const share = winners ? f.div(dy, winners) : dy;
    return wins.map((won, index) => (g.needs(index) ? g.unbroadcast(f.mul(share, won), index) : null));
  },
};

/** a - b trunc(a / b), as floats have it: the quotient is a step function. */
export const remainder = binary(
  (_, dy) => dy,
  ({ f }, dy, a, b) => {
    const quotient = f.div(a, b);
    return f.neg(f.mul(dy, f.mul(f.sign(quotient), f.op('Floor', [f.abs(quotient)]))));
  },
);
