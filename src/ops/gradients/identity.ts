/** Derivatives of what hands its input on. */
import type { Derivative } from '../gradient.ts';

export const identity: Derivative = { rule: (g) => [g.dy()] };

/** Between floats a cast keeps the value; to and from whole numbers nothing flows. */
export const cast: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    const from = g.dtype(g.input(0));
    const to = g.dtype(g.output());
    const floats = new Set(['float32', 'float64', 'float16', 'bfloat16']);
    if (!dy || !floats.has(from) || !floats.has(to)) return [null];
    return [from === to ? dy : g.f.cast(dy, from)];
  },
};
