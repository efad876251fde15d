/** Derivatives of activation functions. */
import type { Formula } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Derivative } from '../gradient.ts';
import { elementwise } from './elementwise.ts';

/** `dy` where `condition` holds, otherwise zero. Two vectorized kernels are three times as fast as one Where. */
function gated(f: Formula, condition: Value, dy: Value): Value {
  return f.mul(dy, f.cast(condition, 'float32'));
}

/** x Phi(x) with the normal distribution function, and its slope Phi(x) + x phi(x). */
function geluSlope(f: Formula, x: Value, dy: Value): Value {
  const share = f.mul(f.add(f.op('Erf', [f.mul(x, Math.SQRT1_2)]), 1), 0.5);
  const density = f.mul(f.exp(f.mul(f.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return f.mul(dy, f.add(share, f.mul(x, density)));
}

/** The same with tanh(sqrt(2 / pi) (x + 0.044715 x^3)) in place of the error function (Hendrycks and Gimpel 2016). */
function tanhGeluSlope(f: Formula, x: Value, dy: Value): Value {
  const [scale, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
  const square = f.square(x);
  const t = f.tanh(f.mul(f.mul(x, f.add(f.mul(square, cubic), 1)), scale));
  const inner = f.mul(f.add(f.mul(square, 3 * cubic), 1), scale);
  const rise = f.mul(f.mul(x, f.sub(1, f.square(t))), inner);
  return f.mul(dy, f.mul(f.add(f.add(t, 1), rise), 0.5));
}

/** x sigmoid(alpha x), and its slope s (1 + alpha x (1 - s)). */
function swishSlope(f: Formula, x: Value, dy: Value, alpha: number): Value {
  const s = f.sigmoid(f.mul(x, alpha));
  return f.mul(dy, f.mul(s, f.add(f.mul(f.mul(x, alpha), f.sub(1, s)), 1)));
}

export const activations = {
  celu: elementwise((f, { x, dy, node }) => f.mul(dy, f.exp(f.min(f.div(x, node.float('alpha', 1)), 0)))),
  elu: elementwise((f, { x, dy, node }) =>
    f.mul(dy, f.where(f.greater(x, 0), 1, f.mul(f.exp(f.min(x, 0)), node.float('alpha', 1)))),
  ),
  gelu: elementwise((f, { x, dy, node }) =>
    node.text('approximate', 'none') === 'tanh' ? tanhGeluSlope(f, x, dy) : geluSlope(f, x, dy),
  ),
  hardSigmoid: elementwise((f, { y, dy, node }) => {
    const inside = f.op('And', [f.greater(y, 0), f.less(y, 1)]);
    return gated(f, inside, f.mul(dy, node.float('alpha', 0.2)));
  }),
  // x clip(x / 6 + 1 / 2, 0, 1)
  hardSwish: elementwise((f, { x, dy }) => {
    const inside = f.mul(dy, f.add(f.mul(x, 1 / 3), 0.5));
    return f.where(f.greater(x, 3), dy, f.where(f.greater(x, -3), inside, 0));
  }),
  leakyRelu: elementwise((f, { x, dy, node }) =>
    f.where(f.greater(x, 0), dy, f.mul(dy, node.float('alpha', 0.01))),
  ),
  // x tanh(softplus(x))
  mish: elementwise((f, { x, dy }) => {
    const t = f.tanh(f.op('Softplus', [x]));
    return f.mul(dy, f.add(t, f.mul(f.mul(x, f.sub(1, f.square(t))), f.sigmoid(x))));
  }),
  relu: elementwise((f, { y, dy }) => gated(f, f.greater(y, 0), dy)),
  selu: elementwise((f, { x, dy, node }) => {
    const [alpha, gamma] = [node.float('alpha', 1.67326319), node.float('gamma', 1.05070102)];
    return f.mul(dy, f.where(f.greater(x, 0), gamma, f.mul(f.exp(f.min(x, 0)), alpha * gamma)));
  }),
  sigmoid: elementwise((f, { y, dy }) => f.mul(dy, f.mul(y, f.sub(1, y)))),
  softplus: elementwise((f, { x, dy }) => f.mul(dy, f.sigmoid(x))),
  softsign: elementwise((f, { x, dy }) => f.div(dy, f.square(f.add(f.abs(x), 1)))),
  swish: elementwise((f, { x, dy, node }) => swishSlope(f, x, dy, node.float('alpha', 1))),
  quickGelu: elementwise((f, { x, dy, node }) => swishSlope(f, x, dy, node.float('alpha', 1.702))),
  tanh: elementwise((f, { y, dy }) => f.mul(dy, f.sub(1, f.square(y)))),
  thresholdedRelu: elementwise((f, { x, dy, node }) => gated(f, f.greater(x, node.float('alpha', 1)), dy)),
  shrink: elementwise((f, { x, dy, node }) => gated(f, f.greater(f.abs(x), node.float('lambd', 0.5)), dy)),
} as const;

/** Between its bounds; they themselves are not trained. */
export const clip: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    const x = g.input(0);
    const [low, high] = [g.node.input(1), g.node.input(2)];
    const above = low ? gated(f, f.op('GreaterOrEqual', [x, low]), dy) : dy;
    return [high ? gated(f, f.op('LessOrEqual', [x, high]), above) : above];
  },
};

/** The slope for negative numbers is a parameter. */
export const prelu: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    const [x, slope] = [g.input(0), g.input(1)];
    const positive = f.greater(x, 0);
    return [
      g.needs(0) ? f.where(positive, dy, f.mul(dy, slope)) : null,
      g.needs(1) ? g.unbroadcast(f.where(positive, 0, f.mul(dy, x)), 1) : null,
    ];
  },
};

/** Functions with a bias fused in, of the last axis. */
function biased(slope: (f: Formula, x: Value, dy: Value) => Value): Derivative {
  return {
    rule: (g) => {
      const { f } = g;
      const dy = g.dy();
      if (!dy) return [];
      const bias = g.node.input(1);
      const dx = slope(f, bias ? f.add(g.input(0), bias) : g.input(0), dy);
      return [dx, bias && g.needs(1) ? g.unbroadcast(dx, 1) : null];
    },
  };
}

export const biasGelu = biased(geluSlope);
export const fastGelu = biased(tanhGeluSlope);
