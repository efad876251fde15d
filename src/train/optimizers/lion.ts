/** Lion (Chen et al. 2023, algorithm 2): the sign of an average of gradients; one number remembered per weight. */
import type { Optimizer } from './optimizer.ts';

export const lion: Optimizer = {
  name: 'lion',
  summary:
    'the sign of averaged gradients, with decoupled decay; wants a third to a tenth of the rate of adamw',
  rate: 1e-4,
  slots: () => ['mean'],
  scalars: () => ({}),
  update({ f, weight, gradient, slots, rate, decay, settings }) {
    const { beta1, beta2 } = settings;
    const mean = slots[0] ?? gradient;
    const direction = f.sign(f.add(f.mul(mean, beta1), f.mul(gradient, 1 - beta1)));
    const shrunk = decay === 0 ? weight : f.mul(weight, f.sub(1, f.mul(rate, decay)));
    return {
      weight: f.sub(shrunk, f.mul(direction, rate)),
      slots: [f.add(f.mul(mean, beta2), f.mul(gradient, 1 - beta2))],
    };
  },
};
