/** Derivatives of softmax and its logarithm over one axis (ai.onnx 13 and newer). */
import type { Derivative, GradientScope } from '../gradient.ts';

function axisOf(g: GradientScope): number {
  const axis = g.node.int('axis', -1);
  return axis < 0 ? axis + g.shape(g.output()).length : axis;
}

/** dx = y (dy - sum(dy y)). */
export const softmax: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f } = g;
    const weighted = f.mul(dy, g.output());
    return [f.sub(weighted, f.mul(g.output(), f.sum(weighted, [axisOf(g)])))];
  },
};

/** dx = dy - softmax(x) sum(dy). */
export const logSoftmax: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f } = g;
    return [f.sub(dy, f.mul(f.exp(g.output()), f.sum(dy, [axisOf(g)])))];
  },
};
