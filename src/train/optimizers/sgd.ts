/** Stochastic gradient descent with momentum (Sutskever et al. 2013, in the form PyTorch has; no dampening). */
import type { Optimizer } from './optimizer.ts';

export const sgd: Optimizer = {
  name: 'sgd',
  summary: 'gradient descent with momentum',
  rate: 0.01,
  slots: ({ momentum }) => (momentum === 0 ? [] : ['momentum']),
  scalars: () => ({}),
  update({ f, weight, gradient, slots, rate, decay, settings }) {
    const { momentum, nesterov } = settings;
    const slope = decay === 0 ? gradient : f.add(gradient, f.mul(weight, decay));
    const [velocity] = slots;
    if (!velocity) return { weight: f.sub(weight, f.mul(slope, rate)), slots: [] };
    const next = f.add(f.mul(velocity, momentum), slope);
    const direction = nesterov ? f.add(slope, f.mul(next, momentum)) : next;
    return { weight: f.sub(weight, f.mul(direction, rate)), slots: [next] };
  },
};
